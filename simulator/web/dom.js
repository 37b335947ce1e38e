// Building the page without ever touching HTML text: what people and bots write stays text.

/** `make("button", {class: "x", onclick: f, "data-testid": "y"}, "label", child)` → an element. */
export function make(name, facts = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(facts)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "value") element.value = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SIGNS = {
  send: "M4 12 20 4l-5 16-4-7z",
  attach: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.4 3.4 0 0 1 5 5l-8.500 8.500a1.700 1.700 0 0 1-2.500-2.500L15 7",
  keys: "M4 6h16v12H4zM8 10h0M12 10h0M16 10h0M8 14h8",
  more: "M12 5.500v0M12 12v0M12 18.500v0",
  down: "M6 9l6 6 6-6",
  file: "M12 4v11M7 11l5 5 5-5M5 20h14",
  pin: "M12 21s-7-6.500-7-11.500a7 7 0 0 1 14 0C19 14.500 12 21 12 21z",
};

/** A small line drawing; decoration, so hidden from screen readers. */
export function sign(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SIGNS[name]);
  if (name === "more") path.setAttribute("stroke-width", "3.200");
  svg.append(path);
  return svg;
}

/** A round face with initials; the colour belongs to the id. */
export function face(person) {
  const initials = [person.first_name, person.last_name].filter(Boolean).map((name) => [...name][0]).join("");
  return make("span", { class: `face face-${person.id % 6}`, "aria-hidden": "true" }, initials.toUpperCase());
}
