// One message as it stands in the chat.
import { make, sign } from "./dom.js";
import { words } from "./words.js";

/** `chat` says what taps, votes and links do: see phone.js. */
export function bubble(message, chat) {
  const mine = message.from === "person";
  const rows = message.buttons.length ? buttons(message, chat) : null;
  return make("article", {
    class: `message${mine ? " mine" : ""}${rows ? " with-buttons" : ""}`,
    "data-testid": "message", "data-id": message.id, "data-from": message.from,
    "aria-label": `${mine ? chat.person.first_name : chat.person.bot.name}, ${time(message.date)}`,
  }, make("div", { class: "bubble" }, ...content(message, chat), meta(message, chat), mine && isWords(message) ? change(message, chat) : ""), rows);
}

const isWords = (message) => message.text && !message.photo && !message.file;

const change = (message, chat) => make("button", {
  type: "button", class: "change", "aria-label": chat.strings.change, title: chat.strings.change, onclick: () => chat.change(message),
}, "✎");

/** Hours and minutes as this browser's zone has them. */
export const time = (date) => new Date(date * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });

function content(message, chat) {
  return [
    message.reply_to && replyTo(message.reply_to, chat),
    message.photo && make("img", {
      class: "picture", src: message.photo.url, alt: chat.strings.photo, width: message.photo.width, height: message.photo.height,
    }),
    message.file && file(message.file, chat),
    message.location && place(message.location, chat),
    message.contact && make("p", { class: "words" }, `☎ ${message.contact.first_name} ${message.contact.phone_number}`),
    message.poll && quiz(message, chat),
    message.text && words(message.text, message.entities, chat),
  ].filter(Boolean);
}

function meta(message, chat) {
  return make("span", { class: "meta" }, message.edits ? `${chat.strings.edited} ` : null,
    make("time", { datetime: new Date(message.date * 1000).toISOString() }, time(message.date)));
}

function replyTo(id, chat) {
  const answered = chat.messages.get(id);
  const text = answered ? answered.text || (answered.poll && answered.poll.question) || "…" : "…";
  return make("span", { class: "reply-to", dir: "auto" }, text);
}

function file(facts, chat) {
  const size = facts.size < 1024 ? `${facts.size} B` : facts.size < 1048576 ? `${(facts.size / 1024).toFixed(1)} KB` : `${(facts.size / 1048576).toFixed(1)} MB`;
  return make("a", { class: "file", href: facts.url, download: facts.name, "data-testid": "file", "aria-label": `${chat.strings.download}: ${facts.name}, ${size}` },
    make("span", { class: "file-sign" }, sign("file")), make("span", {}, make("b", {}, facts.name), make("small", {}, size)));
}

function place(location, chat) {
  const words = `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`;
  return make("div", {}, make("div", { class: "place", role: "img", "aria-label": `${chat.strings.placeSent}: ${words}` }, sign("pin")), words);
}

function buttons(message, chat) {
  return make("div", { class: "buttons" }, ...message.buttons.map((row, r) => make("div", { class: "buttons-row" },
    ...row.map((button, c) => inlineButton(message, button, r, c, chat)))));
}

function inlineButton(message, button, row, column, chat) {
  if (button.url) {
    return make("a", {
      href: /^(https?|tg):/i.test(button.url) ? button.url : `https://${button.url}`, target: "_blank", rel: "noopener noreferrer", "data-testid": "button",
      onclick: (event) => { if (chat.openLink(button.url)) event.preventDefault(); },
    }, button.text);
  }
  const busy = chat.waiting.has(`${message.id} ${button.callback_data}`);
  return make("button", {
    type: "button", dir: "auto", "data-testid": "button", "aria-busy": busy ? "true" : undefined,
    onclick: () => chat.tap(message, button, row, column),
  }, button.text);
}

function quiz(message, chat) {
  const { poll } = message;
  const done = poll.chosen.length > 0 || poll.is_closed;
  const kind = poll.is_closed ? chat.strings.closed : chat.strings[poll.type === "quiz" ? "quiz" : "poll"];
  return make("div", { class: "quiz" },
    make("p", { class: "quiz-question", dir: "auto" }, poll.question), make("p", { class: "quiz-kind" }, kind),
    ...poll.options.map((option, i) => quizOption(message, option, i, done, chat)),
    done && poll.explanation && make("p", { class: "explanation", dir: "auto", "data-testid": "explanation" }, poll.explanation));
}

function quizOption(message, option, index, done, chat) {
  const { poll } = message;
  const chosen = poll.chosen.includes(index);
  const correct = (poll.correct_option_ids || []).includes(index);
  const state = !done ? "" : correct ? "right" : chosen && poll.type === "quiz" ? "wrong" : chosen ? "chosen" : "";
  const mark = { right: "✓", wrong: "✕" }[state] || "";
  const said = { right: chat.strings.correct, wrong: chat.strings.wrong }[state];
  const share = done && poll.total_voter_count ? `${Math.round(100 * option.voter_count / poll.total_voter_count)} %` : "";
  return make("button", {
    type: "button", class: `option ${state}${chosen ? " chosen" : ""}`, "data-testid": "option", disabled: done, dir: "auto",
    "aria-label": said ? `${option.text}: ${said}` : undefined, onclick: () => chat.vote(message, index),
  }, make("span", { class: "option-sign", "aria-hidden": "true" }, mark), make("span", { class: "option-words" }, option.text), share && make("small", {}, share));
}
