// A text and its entities as DOM. Offsets count UTF-16 units, as JavaScript's strings do.
import { make } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

/** `chat.openLink(url)` and `chat.say(text)` are what links and commands do. */
export function words(text, entities, chat) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  const into = make("div", { class: "words", dir: "auto" });
  into.append(...part(text, sorted, 0, text.length, chat));
  return into;
}

function part(text, entities, from, to, chat) {
  const nodes = [];
  let at = from;
  for (let i = 0; i < entities.length; i += 1) {
    const entity = entities[i];
    const end = Math.min(entity.offset + entity.length, to);
    if (entity.offset < at) continue; // it lies inside the one before
    const inside = entities.slice(i + 1).filter((other) => other.offset < end);
    if (entity.offset > at) nodes.push(text.slice(at, entity.offset));
    nodes.push(styled(entity, part(text, inside, entity.offset, end, chat), text.slice(entity.offset, end), chat));
    at = end;
    if (/blockquote|pre/.test(entity.type) && text[at] === "\n") at += 1; // a block ends its line by itself
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

function styled(entity, children, plain, chat) {
  switch (entity.type) {
    case "text_link": return link(entity.url, children, chat);
    case "url": return link(/^https?:/i.test(plain) ? plain : `https://${plain}`, children, chat);
    case "email": return make("a", { href: `mailto:${plain}` }, ...children);
    case "bot_command":
      return make("button", { type: "button", class: "command", onclick: () => chat.say(plain) }, ...children);
    case "spoiler": return spoiler(children);
    default: return TAGS[entity.type] ? make(TAGS[entity.type], {}, ...children) : make("span", {}, ...children);
  }
}

function link(url, children, chat) {
  const safe = /^(https?|mailto|tel|tg):/i.test(url) ? url : "about:blank";
  return make("a", {
    href: safe, target: "_blank", rel: "noopener noreferrer", title: url,
    onclick: (event) => { if (chat.openLink(url)) event.preventDefault(); },
  }, ...children);
}

function spoiler(children) {
  const hidden = make("span", { class: "spoiler", role: "button", tabindex: "0" }, ...children);
  const show = () => hidden.classList.add("seen");
  hidden.addEventListener("click", show);
  hidden.addEventListener("keydown", (event) => { if (event.key === "Enter") show(); });
  return hidden;
}
