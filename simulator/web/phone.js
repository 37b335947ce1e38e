// One phone: a chat with the bot, as its owner sees it.
import * as api from "./api.js";
import { askFile, askPlace, askText } from "./ask.js";
import { bubble } from "./bubble.js";
import { face, make, sign } from "./dom.js";
import { stringsFor } from "./strings.js";

const SPIN_MS = 15000; // a phone gives up waiting for a tap's answer
const TOAST_MS = 4000;
const NEAR_BOTTOM = 90; // pixels

export class Phone {
  /** `page.openLink(url, person)` → whether it was a link to the bot; `page.close(phone)`. */
  constructor(person, page) {
    this.person = person;
    this.page = page;
    this.strings = stringsFor(person);
    this.messages = new Map();
    this.waiting = new Map(); // "message data" → callback id, while a button spins
    this.answered = new Set();
    this.atBottom = true; // stays there when the keyboard opens or the window changes
    this.keysHidden = false;
    this.element = this.build();
  }

  build() {
    const { strings, person } = this;
    this.state = make("p", { class: "head-state", "aria-live": "polite", "data-testid": "typing" });
    this.name = make("p", { class: "head-name" });
    this.inner = make("div", { class: "chat-inner", role: "log", "aria-label": person.first_name });
    this.chat = make("div", { class: "chat", tabindex: "0", "aria-label": person.first_name, onscroll: () => this.showDown() }, this.inner);
    new ResizeObserver(() => { if (this.atBottom) this.toBottom(); }).observe(this.chat);
    this.down = make("button", { type: "button", class: "round down", hidden: true, "aria-label": strings.down, onclick: () => this.toBottom(true) }, sign("down"));
    this.foot = make("div", { class: "foot-inner" });
    this.overFoot = make("div", { class: "foot" }, this.down, this.foot); // what floats above the line to write in
    this.field = make("textarea", {
      rows: "1", placeholder: strings.write, "aria-label": `${strings.write}: ${person.first_name}`, "data-testid": "input", dir: "auto",
      onkeydown: (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); this.send(); } },
      oninput: () => this.fieldChanged(),
    });
    this.screen = make("div", { class: "screen" },
      make("div", { class: "head" }, make("span", { class: "face" }, make("img", { src: "/web/icon.svg", alt: "" })),
        make("div", { class: "head-words" }, this.name, this.state),
        make("button", { type: "button", class: "round", "aria-label": strings.more, "aria-haspopup": "menu", "data-testid": "more", onclick: () => this.showMore() }, sign("more"))),
      this.chat, this.overFoot);
    return make("section", { class: "phone", "data-testid": `phone-${person.id}`, "aria-label": `${person.first_name}${person.note ? `, ${person.note}` : ""}`, lang: person.language_code },
      make("div", { class: "owner" }, face(person), make("div", { class: "owner-words" },
        make("h2", { class: "owner-name" }, `${person.first_name} ${person.last_name}`.trim()), make("p", { class: "owner-note", title: person.note }, person.note || `@${person.username || person.id}`)),
      make("span", { class: "owner-language" }, person.language_code)), this.screen);
  }

  async load() {
    this.missed = []; // what is heard while the chat is on its way; it may be newer than the chat
    const kept = await api.messages(this.person.id);
    this.messages = new Map(kept.map((message) => [message.id, message]));
    this.renderAll();
    this.renderFoot();
    this.showTyping(this.person.typing);
    const { missed } = this;
    this.missed = null;
    for (const event of missed) this.heard(event);
  }

  // what is heard

  heard(event) {
    if (this.missed) { this.missed.push(event); return; }
    switch (event.type) {
      case "message": this.put(event.message); break;
      case "edited": this.put(event.message); break;
      case "deleted": this.put(event.message); break;
      case "typing": this.showTyping(event.action); break;
      case "callback": this.callbackAnswered(event); break;
      default:
    }
  }

  personChanged(person) {
    const before = this.person;
    this.person = person;
    this.name.textContent = person.bot.name;
    if (before.started !== person.started || before.blocked !== person.blocked || before.bot.commands.length !== person.bot.commands.length) this.renderFoot();
    this.renderWelcome();
  }

  put(message) {
    const known = this.messages.has(message.id);
    const stay = this.isNearBottom() || (!known && message.from === "person");
    this.messages.set(message.id, message);
    if (message.from === "bot" && !known) this.showTyping("");
    if (known) this.replace(message);
    else this.append(message);
    if (!known && (message.keyboard || message.from === "person")) { this.keysHidden = false; this.renderKeys(); }
    if (stay) this.toBottom();
    this.showDown();
  }

  // the chat

  renderAll() {
    this.inner.replaceChildren();
    this.lastDay = "";
    this.name.textContent = this.person.bot.name;
    for (const message of this.messages.values()) this.append(message);
    this.renderWelcome();
    this.toBottom();
  }

  renderWelcome() {
    const old = this.inner.querySelector(".welcome");
    if (old) old.remove();
    if ([...this.messages.values()].some(visible)) return;
    const { description, name } = this.person.bot;
    this.inner.append(make("div", { class: "welcome" }, make("img", { src: "/web/icon.svg", alt: "" }),
      make("h3", {}, description ? this.strings.what : name), make("p", { dir: "auto" }, description || this.strings.empty)));
  }

  append(message) {
    if (!visible(message)) return;
    const welcome = this.inner.querySelector(".welcome");
    if (welcome) welcome.remove();
    const day = new Date(message.date * 1000).toDateString();
    if (day !== this.lastDay) {
      const words = new Date(message.date * 1000).toLocaleDateString(this.person.language_code === "en" ? "en-GB" : this.person.language_code, { weekday: "long", day: "numeric", month: "long" });
      this.inner.append(make("p", { class: "day" }, words));
      this.lastDay = day;
    }
    this.inner.append(bubble(message, this));
  }

  replace(message) {
    const old = this.inner.querySelector(`[data-id="${message.id}"]`);
    if (!old) return;
    if (!visible(message)) {
      old.remove();
      if (![...this.messages.values()].some(visible)) { this.inner.replaceChildren(); this.lastDay = ""; this.renderWelcome(); }
      return;
    }
    const focused = [...old.querySelectorAll("button, a")].indexOf(document.activeElement);
    const fresh = bubble(message, this);
    old.replaceWith(fresh);
    if (focused >= 0) (fresh.querySelectorAll("button, a")[focused] || this.field).focus({ preventScroll: true });
  }

  isNearBottom() { return this.chat.scrollHeight - this.chat.scrollTop - this.chat.clientHeight < NEAR_BOTTOM; }

  toBottom(smooth) { this.chat.scrollTo({ top: this.chat.scrollHeight, behavior: smooth ? "smooth" : "instant" }); }

  showDown() {
    this.atBottom = this.isNearBottom();
    this.down.hidden = this.atBottom;
  }

  showTyping(action) {
    clearTimeout(this.typingTimer);
    const said = !action ? "" : action === "typing" ? this.strings.typing : this.strings.sending;
    this.state.textContent = said || this.strings.bot;
    this.state.classList.toggle("dots", Boolean(said));
    if (said) this.typingTimer = setTimeout(() => this.showTyping(""), 5000);
  }

  // the foot: START, UNBLOCK, or a line to write in

  renderFoot() {
    const { person, strings } = this;
    if (person.blocked) {
      this.foot.replaceChildren(make("button", { type: "button", class: "wide", "data-testid": "unblock", onclick: () => this.act("unblock") }, strings.restart));
      return;
    }
    if (!person.started) {
      const payload = make("input", { name: "payload", "aria-label": strings.codeField, placeholder: strings.codeField, autocomplete: "off", "data-testid": "payload" });
      this.foot.replaceChildren(
        make("button", { type: "button", class: "wide", "data-testid": "start", onclick: () => this.start(payload.value.trim()) }, strings.start),
        make("details", { class: "payload" }, make("summary", {}, strings.code), payload));
      return;
    }
    this.sendButton = make("button", { type: "button", class: "round send", "aria-label": strings.send, "data-testid": "send", onclick: () => this.send() }, sign("send"));
    this.keysButton = make("button", { type: "button", class: "round", "aria-label": strings.keyboard, "data-testid": "keys", hidden: true, onclick: () => { this.keysHidden = !this.keysHidden; this.renderKeys(); } }, sign("keys"));
    const commands = person.bot.commands.length > 0 && make("button", { type: "button", class: "round commands", "aria-haspopup": "menu", "data-testid": "menu", onclick: () => this.showCommands() }, strings.menu);
    this.keys = make("div", { class: "keyboard", hidden: true, role: "group", "aria-label": strings.keyboard });
    this.foot.replaceChildren(make("div", { class: "write" }, ...[commands,
      make("button", { type: "button", class: "round", "aria-label": strings.attach, "aria-haspopup": "menu", "data-testid": "attach", onclick: () => this.showAttach() }, sign("attach")),
      this.field, this.keysButton, this.sendButton].filter(Boolean)), this.keys);
    this.renderKeys();
  }

  /** The keys of the newest message that has a say; a one-time keyboard is gone once it was used. */
  keyboard() {
    let used = false;
    for (const message of [...this.messages.values()].reverse()) {
      if (message.keyboard) return message.keyboard.one_time_keyboard && used ? null : message.keyboard;
      used = used || message.from === "person";
    }
    return null;
  }

  renderKeys() {
    if (!this.keys) return;
    const stay = this.isNearBottom();
    const keyboard = this.keyboard();
    const rows = (keyboard && keyboard.keyboard) || [];
    this.keysButton.hidden = !rows.length;
    this.keys.hidden = !rows.length || this.keysHidden;
    this.keysButton.setAttribute("aria-expanded", String(!this.keys.hidden));
    this.field.placeholder = (keyboard && keyboard.input_field_placeholder) || this.strings.write;
    this.keys.replaceChildren(...rows.map((row) => make("div", { class: "keyboard-row" },
      ...row.map((key) => make("button", { type: "button", dir: "auto", "data-testid": "key", onclick: () => this.pressKey(key) }, key.text)))));
    if (stay) this.toBottom();
  }

  pressKey(key) {
    if (key.request_location) this.sharePlace();
    else if (key.request_contact) this.act("contact");
    else this.say(key.text);
  }

  fieldChanged() {
    if (this.field.value === "/" && this.person.bot.commands.length) this.showCommands();
  }

  // menus

  showMenu(place, entries) {
    this.closeMenu();
    const menu = make("div", { class: `menu ${place}`, role: "menu", onkeydown: (event) => this.moveInMenu(event) },
      ...entries.map(([label, act, kind]) => make("button", { type: "button", role: "menuitem", class: kind, onclick: () => { this.closeMenu(); act(); } }, ...[label].flat())));
    this.menu = menu;
    this.menuOpener = document.activeElement;
    (place === "menu-bottom" ? this.overFoot : this.screen).append(menu);
    menu.querySelector("button").focus();
    setTimeout(() => document.addEventListener("click", this.closer = (event) => { if (!menu.contains(event.target)) this.closeMenu(); }), 0);
  }

  moveInMenu(event) {
    const all = [...this.menu.querySelectorAll("button")];
    const at = all.indexOf(document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") { this.closeMenu(); if (this.menuOpener) this.menuOpener.focus(); }
    else if (step) { event.preventDefault(); all[(at + step + all.length) % all.length].focus(); }
  }

  closeMenu() {
    if (this.menu) this.menu.remove();
    this.menu = null;
    document.removeEventListener("click", this.closer);
  }

  showMore() {
    const { strings, person } = this;
    this.showMenu("menu-top", [
      [strings.again, async () => { const code = await askText(strings.again, strings.codeField, "", strings); if (code !== null) this.start(code.trim()); }],
      person.blocked ? [strings.unblock, () => this.act("unblock")] : [strings.block, () => this.act("block"), "danger"],
      [strings.clear, () => this.act("delete_chat"), "danger"],
      [strings.close, () => this.page.close(this)],
    ]);
  }

  showCommands() {
    this.showMenu("menu-bottom", this.person.bot.commands.map(({ command, description }) =>
      [[make("b", {}, `/${command}`), description], () => { this.field.value = ""; this.say(`/${command}`); }]));
  }

  showAttach() {
    const { strings } = this;
    this.showMenu("menu-bottom", [
      [strings.photo, async () => { const file = await askFile("image/*"); if (file) this.act("photo", { content: file.content }); }],
      [strings.file, async () => { const file = await askFile(""); if (file) this.act("document", file); }],
      [strings.place, () => this.sharePlace()],
      [strings.contact, () => this.act("contact")],
    ]);
  }

  // what the owner does

  async act(what, facts) {
    try {
      return await api.act(this.person.id, what, facts);
    } catch (error) {
      this.toast(error.message);
      return null;
    }
  }

  say(text) { return this.act("say", { text }); }

  async send() {
    const text = this.field.value;
    if (!text.trim()) return;
    this.field.value = "";
    this.field.focus();
    if (!await this.say(text)) this.field.value = text;
  }

  start(payload) { return this.act("start", { payload }); }

  vote(message, option) { return this.act("vote", { message_id: message.id, option }); }

  async sharePlace() {
    const place = await askPlace(this.strings.place, this.strings);
    if (place) this.act("location", place);
  }

  async change(message) {
    const text = await askText(this.strings.changeTitle, this.strings.write, message.text, this.strings);
    if (text && text.trim()) this.act("edit", { message_id: message.id, text: text.trim() });
  }

  openLink(url) { return this.page.openLink(url, this.person); }

  async tap(message, button, row, column) {
    const key = `${message.id} ${button.callback_data}`;
    this.waiting.set(key, "");
    this.replace(this.messages.get(message.id));
    const done = await this.act("tap", { message_id: message.id, row, column, data: button.callback_data });
    if (!done || this.answered.has(done.callback.id)) this.stopSpinning(key);
    else {
      this.waiting.set(key, done.callback.id);
      setTimeout(() => { if (this.waiting.get(key) === done.callback.id) this.stopSpinning(key); }, SPIN_MS);
    }
  }

  stopSpinning(key) {
    if (this.waiting.delete(key)) this.replace(this.messages.get(Number(key.split(" ")[0])));
  }

  callbackAnswered({ callback_id: id, message_id: messageId, data, answer }) {
    this.answered.add(id);
    if (this.waiting.get(`${messageId} ${data}`) === id) this.stopSpinning(`${messageId} ${data}`);
    if (answer.text && answer.show_alert) this.alert(answer.text);
    else if (answer.text) this.toast(answer.text);
    if (answer.url) this.openLink(answer.url);
  }

  // small notes over the chat

  toast(text) {
    const note = make("p", { class: "toast", role: "status", dir: "auto", "data-testid": "toast" }, text);
    this.overFoot.append(note);
    setTimeout(() => note.remove(), TOAST_MS);
  }

  alert(text) {
    const box = make("div", { class: "alert", role: "alertdialog", "aria-label": text, "data-testid": "alert", onkeydown: (event) => { if (event.key === "Escape") box.remove(); } },
      make("div", { class: "alert-box" }, make("p", { dir: "auto" }, text), make("button", { type: "button", class: "action", onclick: () => box.remove() }, this.strings.ok)));
    this.screen.append(box);
    box.querySelector("button").focus();
  }
}

const visible = (message) => !message.deleted && !message.cleared;
