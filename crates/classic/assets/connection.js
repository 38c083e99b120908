// The long connection: one WebSocket that stays open, so that the server can speak first.
//
// Every frame is {"type": <number>, "data": {...}}. What the client asks, the server answers in the
// order in which it was asked; between the answers come the pushes. So the answers need no number
// of their own: the oldest question that waits is the one that is answered.

import { Heartbeat } from "/classic/heartbeat.js";

export const TYPE = {
  HEARTBEAT: 0,
  BIND: 1,
  QUERY: 2,
  SEND: 3,
  PUSH: 4,
  UNREAD: 5,
  ACK: 6,
  ERROR: -1,
};

/** What the server said instead of an answer. */
export class Refused extends Error {
  constructor({ code, message }) {
    super(message);
    this.code = code;
  }
}

/** The connection broke before the answer came: whether the server did it, nobody here knows. */
export class Broken extends Error {}

/** Reconnecting: wait up to FIRST, doubling up to LONGEST, in milliseconds. */
const FIRST = 500;
const LONGEST = 30_000;

/** A connection that lasted this long was a good one: the waiting begins anew. */
const GOOD_AFTER = 10_000;

/** From opening to being online, in milliseconds. */
const ONLINE_WITHIN = 10_000;

/** A name for this tab. Tabs of one browser share the cookie; by their names the server tells them apart. And
 * who has one is told of errors, and of what the user sent on other devices (`own`). */
const PAGE = Math.random().toString(36).slice(2);

export class Connection {
  #uid;
  #events;
  #socket = null;
  #heartbeat;
  #waiting = [];
  #failures = 0;
  #onlineBefore = false;
  #onlineSince = null;
  #timer = null;
  #deadline = null;
  #stopped = false;

  /**
   * `events` are called as things happen: `connecting()`, `online(again)`, `lost(milliseconds)`, and
   * `push(message)`, after which the push is acked.
   */
  constructor(uid, events) {
    this.#uid = uid;
    this.#events = events;
    this.#heartbeat = new Heartbeat(
      (timeout, learnt) => this.#write(TYPE.HEARTBEAT, { uid, timeout, learnt }, null),
      () => this.#drop(),
    );
    // The network is back, or the page is looked at again: no reason to wait any longer.
    addEventListener("online", () => this.#hurry());
    addEventListener("visibilitychange", () => document.hidden || this.#hurry());
  }

  /** Opens a socket, and keeps one open from then on. */
  open() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#events.connecting();
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    // The session cookie goes along by itself: that is who we are. The uid in the frames below must
    // only agree with it.
    const socket = new WebSocket(`${scheme}//${location.host}/`);
    this.#socket = socket;
    this.#deadline = setTimeout(() => this.#drop(), ONLINE_WITHIN);
    socket.onopen = () => this.#bind();
    socket.onmessage = (event) => this.#read(event.data);
    // An error is always followed by a close.
    socket.onclose = () => this.#closed(socket);
  }

  /** Ends it for good. */
  stop() {
    this.#stopped = true;
    this.#drop();
  }

  isOnline() {
    return this.#onlineSince !== null;
  }

  /** Asks something; the answer's frame. */
  ask(type, data) {
    return new Promise((resolve, reject) => {
      if (this.#socket?.readyState !== WebSocket.OPEN) {
        reject(new Broken());
      } else {
        this.#write(type, data, { resolve, reject });
      }
    });
  }

  /** Going online: from here on the server pushes, beginning with what came while we were away. */
  async #bind() {
    try {
      const answer = await this.ask(TYPE.BIND, { uid: this.#uid, page: PAGE, own: true });
      if (answer.status !== "success") throw new Broken();
    } catch {
      this.#drop();
      return;
    }
    clearTimeout(this.#deadline);
    this.#onlineSince = performance.now();
    this.#heartbeat.start();
    this.#events.online(this.#onlineBefore);
    this.#onlineBefore = true;
  }

  #write(type, data, question) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    // JSON.stringify, never strings put together: a quote in a text must stay a quote.
    this.#socket.send(JSON.stringify({ type, data }));
    if (type !== TYPE.ACK) this.#waiting.push(question ?? { resolve() {}, reject() {} });
  }

  #read(text) {
    const frame = JSON.parse(text);
    if (this.isOnline()) this.#heartbeat.heard();
    if (frame.type === TYPE.PUSH) {
      this.#take(frame);
      return;
    }
    const question = this.#waiting.shift();
    if (frame.type === TYPE.HEARTBEAT) this.#heartbeat.answered(frame.timeout);
    if (frame.type === TYPE.ERROR) {
      question?.reject(new Refused(frame.data));
    } else {
      question?.resolve(frame);
    }
  }

  /**
   * A push. The server cannot know that it arrived: TCP only says that bytes left. So it keeps the
   * message until this ack, pushes it again when none comes, and at last gives the connection up and
   * keeps the message for the next one. Hence the order: first take it, then ack it. And as the ack
   * may get lost, the same message may come twice; whoever takes it looks at its `mid`.
   */
  #take(frame) {
    this.#events.push(frame.data);
    this.#write(TYPE.ACK, { tid: frame.tid }, null);
  }

  /** Gives this socket up without waiting for the other side, which may never answer. */
  #drop() {
    const socket = this.#socket;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#closed(socket);
  }

  #closed(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#heartbeat.stop();
    clearTimeout(this.#deadline);
    const lasted = this.isOnline() ? performance.now() - this.#onlineSince : 0;
    this.#onlineSince = null;
    for (const question of this.#waiting.splice(0)) question.reject(new Broken());
    if (this.#stopped) return;
    this.#failures = lasted >= GOOD_AFTER ? 0 : this.#failures;
    const wait = this.#backoff();
    this.#failures += 1;
    this.#events.lost(wait);
    this.#timer = setTimeout(() => this.open(), wait);
  }

  /**
   * How long to wait. Reconnecting at once, in a loop, is what a thousand clients of a restarted server
   * must not do: it would never get up. So the ceiling doubles with each failure, and the time is
   * drawn at random below it, so that they do not come back all together.
   */
  #backoff() {
    const ceiling = Math.min(LONGEST, FIRST * 2 ** this.#failures);
    return Math.random() * ceiling;
  }

  #hurry() {
    if (this.#timer !== null) this.open();
  }
}
