// The clock bar: the app's simulated time, and the keys that move it.
import * as api from "./api.js";

const REFRESH_MS = 5000;
const face = document.getElementById("clock");
const note = document.getElementById("clock-note");
const next = document.getElementById("clock-next");
const keys = [...document.querySelectorAll(".clock-keys button")];
let ahead = 0; // milliseconds between the phones' time and this computer's
let due = null;
let busy = false;

const words = (date) => date.toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

function tick() {
  const now = new Date(Date.now() + ahead);
  face.textContent = words(now);
  face.dateTime = now.toISOString();
}

function show(facts) {
  ahead = facts.phones_now * 1000 - Date.now();
  due = facts.next_due ? new Date(facts.next_due) : null;
  if (facts.error) note.textContent = facts.error;
  else if (!facts.simulated) note.textContent = "real time: the app's clock is not simulated";
  else note.textContent = due ? `next due: ${words(due)}` : "nothing is due";
  for (const key of keys) key.disabled = busy || Boolean(facts.error) || !facts.simulated;
  next.disabled = next.disabled || !due;
  tick();
}

async function refresh() {
  try { if (!busy) show(await api.clock()); } catch { /* the page says so when the line is lost */ }
}

async function advance(seconds) {
  busy = true;
  for (const key of keys) key.disabled = true;
  try {
    const facts = await api.advance(seconds);
    busy = false;
    show(facts);
  } catch (error) {
    busy = false;
    note.textContent = error.message;
  }
}

/** Start the clock; `show` is for clocks that others moved. */
export function startClock() {
  for (const key of keys) key.disabled = true;
  for (const key of document.querySelectorAll("[data-advance]")) key.addEventListener("click", () => advance(Number(key.dataset.advance)));
  next.addEventListener("click", () => { if (due) advance(Math.max(1, Math.ceil((due - Date.now() - ahead) / 1000))); });
  setInterval(tick, 1000);
  setInterval(refresh, REFRESH_MS);
  refresh();
  return show;
}
