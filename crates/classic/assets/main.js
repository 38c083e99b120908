// The page at /classic: the smallest complete client of the classic protocol.
//
//   server.js      sign-in and lists, over HTTP
//   connection.js  the long connection: going online, pushes and acks, reconnecting
//   heartbeat.js   when to say something into the silence
//   view.js        elements from data
//   words.js       the two languages
//
// This file holds the state (who is signed in, who is being talked to, what was said) and changes it
// when something happens.

import { Broken, Connection, Refused, TYPE } from "/classic/connection.js";
import * as server from "/classic/server.js";
import * as view from "/classic/view.js";
import { switchLanguage, translate, word } from "/classic/words.js";

const $ = (id) => document.getElementById(id);

/** Who is signed in: `{uid, name, avatar}`. */
let own = null;

let connection = null;

/** Everybody, and the recent ones as the server listed them last. */
let people = [];
let recent = [];

/** The open conversation: the other's `uid` and `name`, the messages by `mid`, and what is on its way. */
let talk = null;

/** What the status line says: the word's name and its arguments. */
let status = ["connecting"];

// Signing in ------------------------------------------------------------------------------------

async function begin() {
  translate();
  if (location.hash === "#login-failed") showLoginError("wrongPassword");
  history.replaceState(null, "", location.pathname);
  try {
    own = await server.me();
  } catch (error) {
    if (!(error instanceof server.SignedOut)) showLoginError("unreachable");
    return;
  }
  $("login").hidden = true;
  $("app").hidden = false;
  $("own-name").textContent = own.name;
  const picture = view.avatar(own.uid, own.name, own.avatar);
  $("own-avatar").replaceWith(Object.assign(picture, { id: "own-avatar" }));
  connection = new Connection(own.uid, { connecting, online, lost, push });
  connection.open();
  await refresh();
  people = await server.everybody().catch(() => []);
  showPeople();
}

$("login-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  $("login-error").hidden = true;
  try {
    const result = await server.signIn(form.get("email"), form.get("password"));
    if (result === 200) {
      event.target.reset();
      await begin();
    } else {
      showLoginError({ 401: "wrongPassword", 429: "tooOften" }[result] ?? "unreachable");
    }
  } catch {
    showLoginError("unreachable");
  }
});

function showLoginError(name) {
  $("login-error").textContent = word(name);
  $("login-error").hidden = false;
}

$("sign-out").addEventListener("click", async () => {
  connection?.stop();
  await server.signOut().catch(() => {});
  location.reload();
});

// The connection --------------------------------------------------------------------------------

function setStatus(state, ...words) {
  status = words;
  $("status").dataset.state = state;
  $("status").textContent = word(...words);
}

function connecting() {
  setStatus("connecting", "connecting");
}

/** Online, for the first time or again. What was pushed meanwhile comes by itself; what changed
 * otherwise (edits, recalls, what another device read) shows when we look. */
function online(again) {
  setStatus("online", again ? "onlineAgain" : "online");
  if (talk) load();
  refresh();
}

async function lost(wait) {
  setStatus("lost", "lost", Math.max(1, Math.round(wait / 1000)));
  // Is it the network, or are we signed out? A socket does not say; plain HTTP does.
  try {
    await server.me();
  } catch (error) {
    if (error instanceof server.SignedOut) location.reload();
  }
}

/** A push: the sender's view of a message. It may be one's own, sent on another device. */
function push(data) {
  const other = data.ownerUid === own.uid ? data.otherUid : data.ownerUid;
  if (talk?.uid === other) catchUp();
  refresh();
}

// The lists of people ---------------------------------------------------------------------------

let refreshing = null;

/** Asks for the contacts and the total, once for many reasons. The classic page asks every 3 s instead,
 * whether or not anything happened. */
function refresh() {
  refreshing ??= new Promise((resolve) => setTimeout(resolve, 150)).then(async () => {
    refreshing = null;
    try {
      recent = (await server.contacts(own.uid)).contactInfoList;
      showPeople();
      const total = await connection.ask(TYPE.UNREAD, { uid: own.uid });
      view.badge($("total"), total.data.unread);
    } catch {
      // Not now; the next thing that happens asks again.
    }
  });
  return refreshing;
}

function showPeople() {
  const line = (person) =>
    view.person(person, person.uid === talk?.uid, () => openTalk(person.uid, person.name));
  const recentLines = recent.map((contact) =>
    line({
      uid: contact.otherUid,
      name: contact.otherName,
      avatar: contact.otherAvatar,
      last: contact.content,
      time: contact.createTime,
      unread: contact.convUnread,
    }),
  );
  if (recentLines.length === 0) recentLines.push(view.hint(word("noContacts")));
  $("recent").replaceChildren(...recentLines);
  $("all").replaceChildren(...people.filter((person) => person.uid !== own.uid).map(line));
}

for (const [tab, list] of [["tab-recent", "recent"], ["tab-all", "all"]]) {
  $(tab).addEventListener("click", () => {
    for (const [other, panel] of [["tab-recent", "recent"], ["tab-all", "all"]]) {
      $(other).setAttribute("aria-selected", other === tab);
      $(panel).hidden = panel !== list;
    }
  });
}

// The open conversation -------------------------------------------------------------------------

function openTalk(uid, name) {
  talk = { uid, name, messages: new Map(), drafts: [], text: "" };
  $("chat-name").textContent = name;
  $("talk").hidden = false;
  $("nobody").hidden = true;
  $("app").classList.add("talking");
  showMessages();
  showPeople();
  load();
  if (matchMedia("(min-width: 48rem)").matches) $("text").focus();
}

$("back").addEventListener("click", () => {
  talk = null;
  $("app").classList.remove("talking");
  $("talk").hidden = true;
  $("nobody").hidden = false;
  showPeople();
});

/** Everything that was said, in its present state. Asking for it is reading it: the server clears the
 * conversation's unread number. */
async function load() {
  const asked = talk;
  try {
    const query = { ownerUid: own.uid, otherUid: asked.uid };
    const { data } = await connection.ask(TYPE.QUERY, query);
    // Older answers than the last push must not take it away: what is new is only added.
    for (const one of data) asked.messages.set(one.mid, one);
    if (talk === asked) showMessages();
    refresh();
  } catch {
    // Offline: it is asked again when the connection is back.
  }
}

/** Gets what is new in the open conversation, and reads it; unless nobody is looking. */
async function catchUp() {
  const asked = talk;
  if (document.hidden || asked.messages.size === 0) {
    if (!document.hidden) load();
    return;
  }
  try {
    const last = Math.max(...asked.messages.keys());
    for (const one of await server.messagesSince(own.uid, asked.uid, last)) {
      asked.messages.set(one.mid, one);
    }
    if (talk === asked) showMessages();
    refresh();
  } catch {
    // The next push, or the next look, brings it.
  }
}

addEventListener("visibilitychange", () => {
  if (!document.hidden && talk && connection) load();
});

/** Sends a text. The answer comes after the message is on the server's disk. */
async function send(content) {
  const to = talk;
  const draft = { content, state: "sending" };
  to.drafts.push(draft);
  showMessages();
  try {
    const message = { senderUid: own.uid, recipientUid: to.uid, content, msgType: 1 };
    const { data } = await connection.ask(TYPE.SEND, message);
    to.messages.set(data.mid, data);
    to.drafts.splice(to.drafts.indexOf(draft), 1);
    refresh();
  } catch (error) {
    // When the connection breaks between question and answer, the message may be stored or not. This
    // protocol gives a message no name before it is stored, so sending it again may double it: the
    // person decides. (Hongyan's own protocol has such names, and its clients simply repeat.)
    if (error instanceof Broken) draft.state = "unsure";
    else if (error instanceof Refused) draft.refusal = error.message;
    else throw error;
  }
  if (talk === to) showMessages();
}

function showMessages() {
  const list = $("messages");
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const said = [...talk.messages.values()].sort((a, b) => a.mid - b.mid);
  const lines = said.map((one) =>
    view.message({
      mid: one.mid,
      content: one.content,
      time: one.createTime,
      mine: (one.type === 0) === (one.ownerUid === own.uid),
    }),
  );
  const drafts = talk.drafts.map((draft) => {
    if (draft.state === "sending") return view.draft({ content: draft.content, state: word("sending") });
    const state = draft.refusal ? word("refused", draft.refusal) : word("unsure");
    return view.draft({ content: draft.content, state }, () => {
      talk.drafts.splice(talk.drafts.indexOf(draft), 1);
      send(draft.content);
    });
  });
  if (lines.length + drafts.length === 0) lines.push(view.hint(word("noMessages")));
  list.replaceChildren(...lines, ...drafts);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

$("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (text.trim() === "") return;
  $("text").value = "";
  send(text);
});

// Enter sends, Shift+Enter breaks the line; while an input method composes, Enter is its own.
$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("write").requestSubmit();
  }
});

// Language --------------------------------------------------------------------------------------

for (const button of document.querySelectorAll(".language")) {
  button.addEventListener("click", () => {
    switchLanguage();
    translate();
    $("login-error").hidden = true;
    if (own === null) return;
    $("status").textContent = word(...status);
    showPeople();
    if (talk) showMessages();
  });
}

begin();
