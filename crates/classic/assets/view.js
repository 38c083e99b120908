// What is seen. Names and messages are strangers' text: they only ever become text nodes
// (`textContent`), never HTML, so nothing in them can act.

import { locale, word } from "/classic/words.js";

/** An element with a class and children; a string becomes text. */
export function make(tag, className, ...children) {
  const element = document.createElement(tag);
  element.className = className;
  element.append(...children);
  return element;
}

/** The picture, if there is one; the first letter of the name otherwise, and when the picture does not come. */
export function avatar(uid, name, file) {
  const element = make("span", `avatar tone-${uid % 6}`, firstLetter(name));
  element.setAttribute("aria-hidden", "true");
  if (file) {
    const picture = make("img", "");
    picture.alt = "";
    picture.addEventListener("load", () => element.replaceChildren(picture));
    picture.src = `/images/${encodeURIComponent(file)}`;
  }
  return element;
}

/** One line of a list of people. `last` and `unread` only among the recent ones. */
export function person({ uid, name, avatar: file, last, time, unread }, isOpen, open) {
  const lines = make("span", "lines", make("span", "name", name));
  if (last !== undefined) lines.append(make("span", "last", last));
  const button = make("button", "person", avatar(uid, name, file), lines);
  if (time !== undefined) {
    const side = make("span", "side", make("time", "", shortTime(time)));
    if (unread > 0) side.append(make("span", "badge", unread > 99 ? "99+" : `${unread}`));
    button.append(side);
  }
  button.type = "button";
  button.dataset.uid = uid;
  if (isOpen) button.setAttribute("aria-current", "true");
  button.addEventListener("click", open);
  return make("li", "", button);
}

/** A message that the server has. `mine`: the owner of the view sent it. */
export function message({ mid, content, time, mine }) {
  const element = make(
    "li",
    mine ? "message mine" : "message",
    make("p", "bubble", content),
    make("time", "", shortTime(time)),
  );
  element.dataset.mid = mid;
  return element;
}

/** A message on its way, or one of which nobody knows whether it arrived. */
export function draft({ content, state }, again) {
  const foot = make("span", "state", state);
  if (again) {
    const button = make("button", "plain", word("again"));
    button.type = "button";
    button.addEventListener("click", again);
    foot.append(" ", button);
  }
  return make("li", "message mine draft", make("p", "bubble", content), foot);
}

export function hint(text) {
  return make("li", "hint", text);
}

export function badge(element, count) {
  element.hidden = count === 0;
  element.textContent = count > 99 ? "99+" : `${count}`;
  document.title = count > 0 ? `(${count}) 鸿雁` : "鸿雁";
}

function firstLetter(name) {
  return [...name][0] ?? "?";
}

/** The hour of today, the day of before. */
function shortTime(milliseconds) {
  const time = new Date(milliseconds);
  const isToday = time.toDateString() === new Date().toDateString();
  const format = isToday
    ? { hour: "2-digit", minute: "2-digit", hour12: false }
    : { month: "numeric", day: "numeric" };
  return new Intl.DateTimeFormat(locale(), format).format(time);
}
