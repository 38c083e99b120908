/**
 * Requests that append, in order, sent again until they are answered.
 *
 * application → **`Outbox`** → socket
 *
 * Owns: every request from its submission to its answer, over any number of connections.
 * Promises: for each target, requests take effect in the order of submission, each once: the same
 * `client_id` at every attempt makes a retry harmless, and only one request for a target is in
 * flight, so that a retry never overtakes or is overtaken.
 * Owns too: what was answered lately, to be sent again when the server's history was replaced.
 * Refuses: more than `capacity` requests at a time.
 * Not here: numbers for `req`, and keeping requests over a restart.
 */
import type { Edit, Entry, Failure, Recall, Send, Sent } from "../wire.gen.ts";
import { isRetryable } from "./answers.ts";
import { AnsweredList, inAnotherHistory } from "./answered.ts";
import type { Reply } from "./answered.ts";
import { BACKOFF, retryWait } from "./backoff.ts";
import type { Backoff } from "./backoff.ts";

/** A request that adds an entry to a log, as a frame without `req`. */
export type Append = ({ type: "send" } & Send) | ({ type: "edit" } & Edit) | ({ type: "recall" } & Recall);

/** The entry that the server has made of a request, by its answer to `from`. */
export function entryOf(append: Append, sent: Sent, from: number): Entry {
  const { conv, seq, id, at, client_id } = sent;
  const common = { conv, seq, id, from, at, client_id };
  switch (append.type) {
    case "send": {
      const { body, reply_to, mentions = [], mentions_all, topic, expires_at, origin } = append;
      return {
        ...common,
        kind: "message",
        body,
        ...(reply_to === undefined ? {} : { reply_to }),
        // As the server keeps them.
        ...(mentions.length === 0 ? {} : { mentions: [...new Set(mentions)].sort((one, other) => one - other) }),
        ...(mentions_all === true ? { mentions_all } : {}),
        ...(topic === undefined ? {} : { topic }),
        ...(expires_at === undefined ? {} : { expires_at }),
        ...(origin === undefined ? {} : { origin }),
      };
    }
    case "edit":
      return { ...common, kind: "edit", target: append.seq, body: append.body };
    case "recall":
      return { ...common, kind: "recall", target: append.seq };
  }
}

/** All times in ms. */
export interface OutboxPolicy {
  /** Requests that are not answered. Beyond it `submit` refuses. */
  readonly capacity: number;
  /** Requests in flight for one target. With more than one, order is as good as the luck. */
  readonly inFlightPerTarget: number;
  /** Requests in flight over all targets, within the server's `limits.requests`. */
  readonly inFlight: number;
  /** A request that is not answered for this long makes the connection suspect. */
  readonly answerTimeout: number;
  /** Between attempts. Their number has no limit: giving up in silence would lose a message. */
  readonly backoff: Backoff;
}

export const OUTBOX_POLICY: OutboxPolicy = {
  capacity: 1000,
  inFlightPerTarget: 1,
  inFlight: 16,
  answerTimeout: 15_000,
  backoff: BACKOFF,
};

/** What to do, in order. */
export type OutboxAction =
  /** Send it; answer with `sent` or `failed`. */
  | { kind: "request"; append: Append }
  /** Look up the entry at this place, with a `history` of one; answer with `looked` or `failed`. */
  | { kind: "look"; clientId: string; conv: number; seq: number }
  /** It is on the server's disk. The answer is also the push of the entry, see {@link entryOf}: give it to
   * the incoming half's `answered`. */
  | { kind: "done"; append: Append; sent: Sent }
  /** It never will be; the same again would fail the same. */
  | { kind: "failed"; append: Append; failure: Failure }
  /** What was sent again is there in another form: nothing more is to be done. */
  | { kind: "found"; clientId: string }
  /** What was sent again has nothing to do any more. */
  | { kind: "dropped"; clientId: string }
  /** A request stayed without an answer: make a new connection. */
  | { kind: "reconnect" };

type State = { kind: "ready" } | { kind: "resting"; until: number } | { kind: "inFlight"; until: number };

interface Item {
  append: Append;
  lane: string;
  state: State;
  /** Retryable failures in a row. */
  failures: number;
  /** It was answered before, in another history. */
  isAgain: boolean;
  /** What it replied to there, while it is not known what that is here. */
  reply?: Reply | undefined;
}

/** The slowest link that is served, in bytes a ms: a request has the time that it takes for its text and those
 * before it, */
const SLOWEST_LINK = 1;

/** but for so much of it, in ms. */
const AT_ONCE = 4000;

function timeFor(append: Append): number {
  const text = append.type === "recall" || append.body.type !== "text" ? "" : append.body.text;
  return Math.floor(utf8Bytes(text) / SLOWEST_LINK);
}

function utf8Bytes(text: unknown): number {
  return typeof text === "string" ? new TextEncoder().encode(text).length : 0;
}

const READY: State = { kind: "ready" };

function replyTo(item: Item, seq: number): void {
  if (item.append.type === "send") item.append = { ...item.append, reply_to: seq };
}

export class Outbox {
  readonly #policy: OutboxPolicy;
  /** By client id, in the order of submission. Each input walks it once: it is short. */
  readonly #items = new Map<string, Item>();
  /** 1:1 conversations known by their other user, while something waits for them. */
  readonly #directs = new Map<number, number>();
  /** The other users of all 1:1 conversations that were learnt, for a history in which these have other ids. */
  readonly #people = new Map<number, number>();
  /** What may have to be sent again. */
  readonly #answered: AnsweredList;
  #inFlight = 0;
  /** When the texts sent so far are through, over the slowest of links. */
  #throughAt = 0;
  #isConnected = false;

  constructor(policy: OutboxPolicy = OUTBOX_POLICY, answered = new AnsweredList()) {
    this.#policy = policy;
    this.#answered = answered;
    this.#lineUp([]);
  }

  /** Takes a request, and sends it when its turn comes. */
  submit(append: Append, now: number, out: OutboxAction[]): "taken" | "duplicate" | "full" {
    if (this.#items.has(append.client_id)) return "duplicate";
    if (this.#waiting() >= this.#policy.capacity) return "full";
    this.#add({ append, lane: this.#lane(append), state: READY, failures: 0, isAgain: false });
    this.#send(now, out);
    return "taken";
  }

  /** The server has another history than the one in which requests were answered. They are sent again, before those that
   * wait; what is there already is not doubled by it. A request that waits and names an entry of the other history
   * fails, where that is what it is about. */
  historyReplaced(now: number, out: OutboxAction[]): void {
    this.#answered.historyReplaced(this.#people);
    const people = new Map(this.#people);
    this.#people.clear();
    this.#directs.clear();
    const items = [...this.#items.values()];
    this.#items.clear();
    this.#inFlight = 0;
    const waiting: Item[] = [];
    for (const item of items) {
      // It is lined up from the list.
      if (item.isAgain) continue;
      // What is in flight is answered as what it was sent as.
      const append = item.state.kind === "inFlight" ? item.append : inAnotherHistory(item.append, people);
      if (append !== null) waiting.push({ ...item, append, lane: this.#lane(append) });
      else {
        const failure: Failure = { code: "entry_not_found", message: "the server's history was replaced by an older one" };
        out.push({ kind: "failed", append: item.append, failure });
      }
    }
    this.#lineUp(waiting);
    this.#send(now, out);
  }

  /** Puts what is to be sent again into the queue, and the others behind it. */
  #lineUp(waiting: Item[]): void {
    for (const { append, reply } of this.#answered.open()) {
      const item: Item = { append, lane: this.#lane(append), state: READY, failures: 0, isAgain: true };
      if (append.type === "send") item.reply = reply;
      this.#add(item);
    }
    for (const item of waiting) {
      if (item.state.kind === "inFlight") this.#inFlight += 1;
      this.#add(item);
    }
  }

  #add(item: Item): void {
    this.#items.set(item.append.client_id, item);
  }

  /** Requests that were never answered. */
  #waiting(): number {
    if (this.#policy.capacity === Infinity) return 0;
    return [...this.#items.values()].filter(({ isAgain }) => !isAgain).length;
  }

  /** The connection is welcome. */
  connected(now: number, out: OutboxAction[]): void {
    this.#isConnected = true;
    this.#send(now, out);
  }

  /** The connection broke: what was in flight will be sent again under the same client id. */
  disconnected(): void {
    this.#isConnected = false;
    this.#inFlight = 0;
    this.#throughAt = 0;
    for (const item of this.#items.values()) {
      if (item.state.kind === "inFlight") item.state = READY;
    }
  }

  /** Answers a request. An answer to nothing in the outbox is ignored. */
  sent(sent: Sent, now: number, out: OutboxAction[]): void {
    const item = this.#remove(sent.client_id);
    if (item === undefined) return;
    const { append } = item;
    if (append.type === "send" && append.to !== undefined) this.learnDirect(append.to, sent.conv);
    this.#answered.sent(append, sent);
    this.#forgetDirects();
    out.push({ kind: "done", append, sent });
    this.#send(now, out);
  }

  /** Answers a request. A retryable failure is tried again after `retry_after_ms` and a growing
   * wait; any other is reported and the next request goes on. */
  failed(clientId: string, failure: Failure, random: number, now: number, out: OutboxAction[]): void {
    const item = this.#items.get(clientId);
    if (item?.state.kind !== "inFlight") return;
    if (isRetryable(failure)) {
      const wait = retryWait(this.#policy.backoff, item.failures, failure.retry_after_ms, random);
      item.failures += 1;
      item.state = { kind: "resting", until: now + wait };
      this.#inFlight -= 1;
    } else if (item.reply !== undefined) {
      return this.looked(clientId, null, now, out);
    } else if (item.isAgain) {
      this.#failedAgain(item, failure, out);
    } else {
      this.#remove(clientId);
      this.#forgetDirects();
      out.push({ kind: "failed", append: item.append, failure });
    }
    this.#send(now, out);
  }

  /** Answers a look: the id of the entry at that place, null where there is none. */
  looked(clientId: string, found: number | null, now: number, out: OutboxAction[]): void {
    const item = this.#items.get(clientId);
    if (item?.state.kind !== "inFlight") return;
    const { reply } = item;
    if (reply !== undefined) {
      if (found !== null && found < reply.before) replyTo(item, reply.seq);
      item.reply = undefined;
      item.state = READY;
      item.failures = 0;
      this.#inFlight -= 1;
    }
    this.#send(now, out);
  }

  /** What is to be asked for next: this, or first what it replies to. */
  #asking(item: Item): OutboxAction {
    const to = item.reply === undefined ? null : this.#answered.repliesTo(item.reply);
    if (to !== null && "perhaps" in to) {
      return { kind: "look", clientId: item.append.client_id, conv: to.conv, seq: to.perhaps };
    }
    if (to !== null) replyTo(item, to.seq);
    item.reply = undefined;
    return { kind: "request", append: item.append };
  }

  /** What was sent again is refused. */
  #failedAgain(item: Item, failure: Failure, out: OutboxAction[]): void {
    const clientId = item.append.client_id;
    if (failure.code === "client_id_conflict") {
      const followUp = this.#answered.isThere(clientId);
      if (followUp !== null) this.#replace(clientId, { ...item, append: followUp, state: READY, failures: 0 });
      else {
        this.#remove(clientId);
        out.push({ kind: "found", clientId });
      }
    } else {
      this.#remove(clientId);
      this.#answered.forget(clientId);
      const isGone = failure.code === "entry_not_found" || failure.code === "conversation_not_found";
      // A question whether something is there that was recalled: it is not, and that is as well.
      if (isGone && item.append.type === "recall") out.push({ kind: "dropped", clientId });
      else out.push({ kind: "failed", append: item.append, failure });
    }
    this.#forgetDirects();
  }

  /** Puts another request in the place of one that was in flight, so that nothing comes between the two. */
  #replace(clientId: string, by: Item): void {
    const items = [...this.#items];
    this.#items.clear();
    this.#inFlight -= 1;
    for (const [id, item] of items) this.#add(id === clientId ? by : item);
  }

  /** The 1:1 conversation with `user` is `conv`: requests for either keep one order from now on. */
  learnDirect(user: number, conv: number): void {
    this.#people.set(conv, user);
    const byUser = `user:${user}`;
    const byId = `conv:${conv}`;
    let isWanted = false;
    for (const item of this.#items.values()) {
      if (item.lane === byUser) item.lane = byId;
      isWanted ||= item.lane === byId;
    }
    if (isWanted) this.#directs.set(user, conv);
  }

  /** Takes back a request that is not in flight; false when it is, or is not there. One that was
   * sent on a connection that broke may have arrived all the same. */
  cancel(clientId: string, now: number, out: OutboxAction[]): boolean {
    const item = this.#items.get(clientId);
    if (item === undefined || item.state.kind === "inFlight") return false;
    this.#remove(clientId);
    this.#forgetDirects();
    this.#send(now, out);
    return true;
  }

  /** When to call `tick` next; null while not connected. */
  nextDeadline(): number | null {
    if (!this.#isConnected) return null;
    let next: number | null = null;
    for (const { state } of this.#items.values()) {
      if (state.kind !== "ready" && (next === null || state.until < next)) next = state.until;
    }
    return next;
  }

  /** Time passed. */
  tick(now: number, out: OutboxAction[]): void {
    if (!this.#isConnected) return;
    for (const { state } of this.#items.values()) {
      if (state.kind === "inFlight" && state.until <= now) {
        out.push({ kind: "reconnect" });
        return this.disconnected();
      }
    }
    this.#send(now, out);
  }

  /** Whether an answer is waited for. */
  get isWaiting(): boolean {
    return this.#inFlight > 0;
  }

  /** Something comes, or what was sent moves: answers are still to be expected. */
  life(now: number): void {
    for (const { state } of this.#items.values()) {
      if (state.kind === "inFlight") state.until = Math.max(state.until, now + this.#policy.answerTimeout);
    }
  }

  /** Whether a request of this name is not answered. */
  has(clientId: string): boolean {
    return this.#items.has(clientId);
  }

  get size(): number {
    return this.#items.size;
  }

  /** Sends all whose turn has come. A request waits for those ahead of it in its lane, unless they
   * are in flight and there may be more. */
  #send(now: number, out: OutboxAction[]): void {
    this.#endRests(now);
    if (!this.#isConnected || this.#inFlight >= this.#policy.inFlight) return;
    // How many of each lane are in flight; null once something ahead is held up.
    const lanes = new Map<string, number | null>();
    for (const item of this.#items.values()) {
      const ahead = lanes.get(item.lane) ?? 0;
      if (lanes.get(item.lane) === null) continue;
      const hasSlot = ahead < this.#policy.inFlightPerTarget && this.#inFlight < this.#policy.inFlight;
      if (item.state.kind === "inFlight") {
        lanes.set(item.lane, ahead + 1);
      } else if (item.state.kind === "ready" && hasSlot) {
        this.#throughAt = Math.max(this.#throughAt, now) + timeFor(item.append);
        const late = Math.max(0, this.#throughAt - now - AT_ONCE);
        item.state = { kind: "inFlight", until: now + this.#policy.answerTimeout + late };
        this.#inFlight += 1;
        out.push(this.#asking(item));
        lanes.set(item.lane, ahead + 1);
      } else {
        lanes.set(item.lane, null);
      }
    }
  }

  /** A rest that is over must not stay a deadline while the request waits for its turn. */
  #endRests(now: number): void {
    for (const item of this.#items.values()) {
      if (item.state.kind === "resting" && item.state.until <= now) item.state = READY;
    }
  }

  #remove(clientId: string): Item | undefined {
    const item = this.#items.get(clientId);
    if (item === undefined) return undefined;
    this.#items.delete(clientId);
    if (item.state.kind === "inFlight") this.#inFlight -= 1;
    return item;
  }

  /** What keeps an order of its own: one log. */
  #lane(append: Append): string {
    if (append.type !== "send" || append.to === undefined) return `conv:${append.conv}`;
    const conv = this.#directs.get(append.to);
    return conv === undefined ? `user:${append.to}` : `conv:${conv}`;
  }

  /** Drops the pairs for which nothing waits: they would pile up. */
  #forgetDirects(): void {
    const lanes = new Set([...this.#items.values()].map((item) => item.lane));
    for (const [user, conv] of this.#directs) {
      if (!lanes.has(`conv:${conv}`)) this.#directs.delete(user);
    }
  }
}
