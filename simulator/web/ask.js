// The few questions the page asks by itself.
import { face, make } from "./dom.js";
import { LANGUAGES } from "./strings.js";

/** Show a dialog; `build(close)` gives its content. Resolves with what `close` was given, or null. */
function ask(label, build) {
  return new Promise((resolve) => {
    const dialog = make("dialog", { class: "ask", "aria-label": label });
    const close = (value) => { dialog.remove(); resolve(value); };
    dialog.append(...build(close));
    dialog.addEventListener("cancel", () => close(null));
    document.body.append(dialog);
    dialog.showModal();
  });
}

const keys = (close, confirm, cancel = "Cancel") => make("div", { class: "ask-keys" },
  make("button", { type: "button", class: "quiet", onclick: () => close(null) }, cancel),
  make("button", { type: "submit", class: "action", "data-testid": "confirm" }, confirm));

function newPhoneFields(payload) {
  return [
    make("label", { for: "ask-name" }, "First name"),
    make("input", { id: "ask-name", name: "first_name", required: true, maxlength: "64", autocomplete: "off", "data-testid": "new-name" }),
    make("label", { for: "ask-language" }, "Language of the phone"),
    make("select", { id: "ask-language", name: "language_code", "data-testid": "new-language" },
      ...Object.entries(LANGUAGES).map(([code, name]) => make("option", { value: code }, name))),
    payload === undefined && make("label", { for: "ask-payload" }, "Invitation code (start payload), if there is one"),
    payload === undefined && make("input", { id: "ask-payload", name: "payload", autocomplete: "off", "data-testid": "new-payload" }),
  ];
}

/** → {first_name, language_code, payload} or null. */
export const askNewPhone = () => ask("New phone", (close) => [
  make("h2", {}, "New phone"), make("p", {}, "For somebody who has never written to the bot."),
  make("form", { onsubmit: (event) => { event.preventDefault(); close(Object.fromEntries(new FormData(event.target))); } },
    ...newPhoneFields().filter(Boolean), keys(close, "Switch it on")),
]);

/** Which phone opens a link? → {id} or {first_name, language_code} or null. `first` comes first. */
export const askWhichPhone = (people, payload, first) => ask("Open a link", (close) => [
  make("h2", {}, "Which phone opens this link?"), make("p", {}, `start = ${payload || "(nothing)"}`),
  make("div", { class: "ask-people" }, ...[...people].sort((a, b) => (b.id === first) - (a.id === first)).map((person) =>
    make("button", { type: "button", onclick: () => close({ id: person.id }), "data-testid": `open-${person.id}` },
      face(person), make("span", {}, person.first_name, make("small", {}, person.note || LANGUAGES[person.language_code] || ""))))),
  make("form", { onsubmit: (event) => { event.preventDefault(); close(Object.fromEntries(new FormData(event.target))); } },
    ...newPhoneFields(payload || "").filter(Boolean), keys(close, "A new phone")),
]);

/** One line of text → string or null. */
export const askText = (title, label, value, strings) => ask(title, (close) => [
  make("h2", {}, title),
  make("form", { onsubmit: (event) => { event.preventDefault(); close(event.target.elements.text.value); } },
    make("label", { for: "ask-text" }, label), make("input", { id: "ask-text", name: "text", value, autocomplete: "off", "data-testid": "ask-text" }),
    keys(close, strings.ok, strings.cancel)),
]);

const PLACES = [["Bologna", 44.4949, 11.3426], ["Milano", 45.4642, 9.19], ["München", 48.1374, 11.5755], ["Berlin", 52.52, 13.405],
  ["Madrid", 40.4168, -3.7038], ["Sevilla", 37.3891, -5.9845], ["London", 51.5074, -0.1278], ["Leeds", 53.8008, -1.5491]];

/** A place on earth → {latitude, longitude} or null. */
export const askPlace = (title, strings) => ask(title, (close) => {
  const latitude = make("input", { id: "ask-latitude", name: "latitude", type: "number", step: "any", min: "-90", max: "90", required: true, value: "44.4949" });
  const longitude = make("input", { id: "ask-longitude", name: "longitude", type: "number", step: "any", min: "-180", max: "180", required: true, value: "11.3426" });
  const choose = (event) => { const place = PLACES[event.target.selectedIndex]; [, latitude.value, longitude.value] = place; };
  return [make("h2", {}, title), make("form", {
    onsubmit: (event) => { event.preventDefault(); close({ latitude: Number(latitude.value), longitude: Number(longitude.value) }); },
  }, make("label", { for: "ask-place" }, title), make("select", { id: "ask-place", onchange: choose }, ...PLACES.map(([name]) => make("option", {}, name))),
  make("label", { for: "ask-latitude" }, "°N"), latitude, make("label", { for: "ask-longitude" }, "°E"), longitude, keys(close, strings.send, strings.cancel))];
});

/** A file of the computer → {name, mime, content (base64)} or null. */
export function askFile(accept) {
  return new Promise((resolve) => {
    const field = make("input", { type: "file", accept });
    field.addEventListener("cancel", () => resolve(null));
    field.addEventListener("change", () => {
      const reader = new FileReader();
      const [file] = field.files;
      reader.onload = () => resolve({ name: file.name, mime: file.type || "application/octet-stream", content: reader.result.split(",")[1] || "" });
      reader.readAsDataURL(file);
    });
    field.click();
  });
}
