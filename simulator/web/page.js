// The page: which phones lie on the table, and what arrives for them.
import * as api from "./api.js";
import { askNewPhone, askWhichPhone } from "./ask.js";
import { startClock } from "./clock.js";
import { face, make } from "./dom.js";
import { Phone } from "./phone.js";

const MOST_AT_FIRST = 4;
const OPEN_KEY = "open phones";
const table = document.getElementById("phones");
const strip = document.getElementById("people");
const lost = document.getElementById("lost");
const narrow = window.matchMedia("(max-width: 760px)");
const people = new Map();
const phones = new Map(); // the open ones, by person
const unread = new Map();
let bot = {};

const page = {
  openLink(url, person) {
    const payload = payloadOf(url);
    if (payload === null) return false;
    openDeepLink(payload, person && person.id);
    return true;
  },
  close(phone) { close(phone.person.id); },
};

/** The payload of `https://t.me/<bot>?start=…`, or of this page's own `?start=…`; null for any other link. */
function payloadOf(url) {
  let link;
  try { link = new URL(/^[a-z]+:/i.test(url) ? url : `https://${url}`); } catch { return null; }
  const named = link.pathname.replace(/^\/+|\/+$/g, "").toLowerCase() === (bot.username || "").toLowerCase();
  const ours = ["t.me", "telegram.me"].includes(link.hostname) && named;
  const tg = link.protocol === "tg:" && (link.searchParams.get("domain") || "").toLowerCase() === (bot.username || "").toLowerCase();
  const here = link.host === location.host && link.searchParams.has("start");
  return ours || tg || here ? link.searchParams.get("start") || "" : null;
}

async function openDeepLink(payload, first) {
  const choice = await askWhichPhone([...people.values()], payload, first);
  if (!choice) return;
  let { id } = choice;
  if (!id) id = (await addPerson(choice)).id;
  await open(id);
  await phones.get(id).start(payload);
}

async function addPerson({ first_name, language_code }) {
  const person = await api.addPerson({ first_name, language_code });
  people.set(person.id, person);
  return person;
}

// opening and closing

async function open(id) {
  if (narrow.matches) for (const other of [...phones.keys()]) if (other !== id) close(other, true);
  unread.delete(id);
  if (!phones.has(id)) {
    const phone = new Phone(people.get(id), page);
    phones.set(id, phone);
    place(phone);
    await phone.load();
  }
  remember();
  phones.get(id).element.scrollIntoView({ inline: "nearest", block: "nearest" });
}

/** Phones lie in the order of their people, wherever they were opened. */
function place(phone) {
  const order = [...people.keys()];
  const next = [...phones.values()].filter((other) => other !== phone).find((other) => order.indexOf(other.person.id) > order.indexOf(phone.person.id));
  table.insertBefore(phone.element, next && next.element.isConnected ? next.element : null);
}

function close(id, quietly) {
  const phone = phones.get(id);
  if (!phone) return;
  phone.element.remove();
  phones.delete(id);
  if (!quietly) remember();
}

function remember() {
  if (!narrow.matches) localStorage.setItem(OPEN_KEY, JSON.stringify([...phones.keys()]));
  renderStrip();
}

function renderStrip() {
  strip.replaceChildren(...[...people.values()].map((person) => make("button", {
    type: "button", class: "chip", "aria-pressed": String(phones.has(person.id)), "data-testid": `person-${person.id}`,
    onclick: () => (phones.has(person.id) && !narrow.matches ? close(person.id) : open(person.id)),
  }, face(person), person.first_name, unread.get(person.id) ? make("span", { class: "chip-new" }, String(unread.get(person.id))) : null)));
  const empty = table.querySelector(".phones-empty");
  if (empty) empty.remove();
  if (!phones.size) table.append(make("p", { class: "phones-empty" }, people.size ? "Every phone is put away. Choose one above." : "No phones yet. “New phone” switches one on."));
}

function wishes() {
  const asked = new URLSearchParams(location.search).get("phones");
  let ids = asked ? asked.split(",").map(Number) : [];
  if (!ids.length) {
    try { ids = JSON.parse(localStorage.getItem(OPEN_KEY)) || []; } catch { ids = []; }
  }
  ids = ids.filter((id) => people.has(id));
  if (!ids.length) ids = [...people.keys()].slice(0, MOST_AT_FIRST);
  return narrow.matches ? ids.slice(0, 1) : ids;
}

// what arrives

async function reload() {
  lost.hidden = true;
  const first = people.size === 0;
  const found = await api.people();
  for (const id of [...people.keys()]) if (!found.some((person) => person.id === id)) { people.delete(id); close(id, true); }
  for (const person of found) people.set(person.id, person);
  for (const phone of phones.values()) {
    phone.personChanged(people.get(phone.person.id));
    await phone.load();
  }
  if (first) for (const id of wishes()) await open(id);
  renderStrip();
}

let refreshing = null;

/** The bot's name, commands and description as each phone shows them; asked at most every 150 ms. */
function refreshPeople() {
  if (refreshing) return;
  refreshing = setTimeout(async () => {
    refreshing = null;
    for (const person of await api.people()) {
      people.set(person.id, person);
      if (phones.has(person.id)) phones.get(person.id).personChanged(person);
    }
    renderStrip();
  }, 150);
}

function heard(event, showClock) {
  if (event.type === "clock") showClock(event.clock);
  else if (event.type === "person") personHeard(event.person);
  else if (event.type === "settings") refreshPeople();
  else if (phones.has(event.chat_id)) phones.get(event.chat_id).heard(event);
  else if (event.type === "message" && event.message.from === "bot") {
    unread.set(event.chat_id, (unread.get(event.chat_id) || 0) + 1);
    renderStrip();
  }
}

function personHeard(facts) {
  const known = people.get(facts.id);
  if (!known) { refreshPeople(); return; }
  const person = { ...known, ...facts };
  people.set(facts.id, person);
  if (phones.has(facts.id)) phones.get(facts.id).personChanged(person);
}

async function begin() {
  bot = await api.bot();
  const showClock = startClock();
  document.getElementById("new-phone").addEventListener("click", async () => {
    const wish = await askNewPhone();
    if (!wish || !wish.first_name.trim()) return;
    const { id } = await addPerson(wish);
    await open(id);
    if (wish.payload.trim()) await phones.get(id).start(wish.payload.trim());
  });
  document.getElementById("link").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = event.target.elements.link;
    field.setCustomValidity(page.openLink(field.value.trim()) ? "" : `This is no link to @${bot.username}: it reads https://t.me/${bot.username}?start=…`);
    if (field.reportValidity()) field.value = "";
    field.addEventListener("input", () => field.setCustomValidity(""), { once: true });
  });
  narrow.addEventListener("change", () => { for (const id of wishes()) open(id); });
  let asked = new URLSearchParams(location.search).get("start");
  api.listen((event) => heard(event, showClock), async () => {
    await reload();
    document.documentElement.dataset.ready = "true";
    if (asked === null) return;
    const payload = asked;
    asked = null;
    history.replaceState(null, "", "/");
    await openDeepLink(payload);
  }, () => { lost.hidden = false; });
}

begin();
