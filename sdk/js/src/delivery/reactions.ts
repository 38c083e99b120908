/**
 * How reactions stand, in the conversations that somebody looks at.
 *
 * wish → `react` → done; push, or a page of what changed since → how they stand
 *
 * Owns: of the conversations last looked at, the reactions of messages and the number up to which all changes are
 * known; and what the user set and the server has not confirmed.
 * Promises: of two states of a message the newer stays; a push with a gap before it is made good by a question, and
 * questions do not follow each other without a pause; what the user set is shown at once, and sent again on every
 * connection until it is answered; bounded, in conversations and in what waits.
 * Not here: conversations at which nobody looked: whoever opens one asks what has changed since.
 */
import type { Failure, MessageReactions, Reacted, Reaction, ReactionsPage } from "../wire.gen.ts";
import { isRetryable } from "./answers.ts";

/** Conversations of which the reactions are in memory. Beyond it the one looked at longest ago is let go. */
const FOLLOWED = 8;

/** What the user set, unconfirmed, at most; and on the wire at a time. */
const WISHES = 256;
const IN_FLIGHT = 8;

/** Between two questions about a conversation that pushes with gaps bring about, in ms. */
const PAUSE = 2_000;

/** Before a refused question or wish is tried again, where the server does not say, in ms. */
const RETRY = 1_000;

export interface Stretch {
  from: number;
  to: number;
}

/** What is asked: what changed `after` a number, or how a stretch stands. */
export type ReactionsWish = { conv: number; after: number } | ({ conv: number } & Stretch);

export interface ReactionWish {
  conv: number;
  seq: number;
  value: string;
  on: boolean;
}

export type ReactionAction =
  | { kind: "ask"; wish: ReactionsWish }
  | { kind: "react"; wish: ReactionWish }
  /** So they stand now, what the user set and the server has not confirmed included. */
  | { kind: "tell"; conv: number; messages: MessageReactions[] }
  /** To be kept: so they stand on the server, and up to this number all is known. */
  | { kind: "keep"; conv: number; number: number | null; messages: MessageReactions[] }
  /** A wish is over. */
  | { kind: "done"; wish: ReactionWish; failure: Failure | null };

interface Followed {
  /** Up to this change all is known, of the messages that are held; null while nothing is. */
  number: number | null;
  readonly messages: Map<number, MessageReactions>;
  /** Something is to be asked: what changed since, or the first time, how the stretch that is held stands. */
  isStale: boolean;
  stretches: Stretch[];
  /** While stretches are asked for the first time: the number at the first answer, which counts once all have come. */
  since: number | null;
  asking: ReactionsWish | null;
  /** Nothing is asked before this, after a refusal; and nothing that gaps have brought about, after a question. */
  retryAt: number;
  pausedUntil: number;
}

interface Wish extends ReactionWish {
  isInFlight: boolean;
  /** The server has it; shown until a state has it as well. */
  isAnswered: boolean;
  notBefore: number;
}

export class Reactions {
  readonly #followed = new Map<number, Followed>();
  readonly #wishes = new Map<string, Wish>();
  #me = 0;
  #isOnline = false;

  isFollowed(conv: number): boolean {
    return this.#followed.has(conv);
  }

  /** Somebody looks at a conversation of which this is kept, and this stretch is held: without one, all is asked for. */
  follow(conv: number, kept: { number: number | null; messages: MessageReactions[] }, held: Stretch | null): void {
    const followed = this.#followed.get(conv) ?? {
      number: kept.number,
      messages: new Map(kept.messages.map((message) => [message.seq, message])),
      isStale: true,
      stretches: kept.number === null && held !== null ? [held] : [],
      since: null,
      asking: null,
      retryAt: 0,
      pausedUntil: 0,
    };
    followed.isStale = true;
    followed.pausedUntil = 0;
    // The one looked at last is let go last.
    this.#followed.delete(conv);
    this.#followed.set(conv, followed);
    for (const oldest of this.#followed.keys()) {
      if (this.#followed.size <= FOLLOWED) break;
      this.#followed.delete(oldest);
    }
  }

  /** The server tells of every change from here on, and did not before: what changed until now is asked for. */
  watched(conv: number): void {
    const followed = this.#followed.get(conv);
    if (followed !== undefined) [followed.isStale, followed.pausedUntil] = [true, 0];
  }

  /** Older messages came into sight. */
  look(conv: number, stretch: Stretch): void {
    this.#followed.get(conv)?.stretches.push(stretch);
  }

  /** The user sets a reaction, or takes it back; false where too many wait. */
  wish(wish: ReactionWish, out: ReactionAction[]): boolean {
    const key = keyOf(wish);
    const before = this.#wishes.get(key);
    if (before === undefined && this.#wishes.size >= WISHES) return false;
    // Taken back before it was sent.
    if (before !== undefined && before.on !== wish.on && !before.isInFlight) out.push({ kind: "done", wish: before, failure: null });
    this.#wishes.set(key, { ...wish, isInFlight: false, isAnswered: false, notBefore: 0 });
    this.#tell(wish.conv, [wish.seq], out);
    return true;
  }

  connected(me: number): void {
    this.#me = me;
    this.#isOnline = true;
    for (const followed of this.#followed.values()) followed.isStale = true;
  }

  disconnected(): void {
    this.#isOnline = false;
    for (const followed of this.#followed.values()) again(followed);
    for (const wish of this.#wishes.values()) wish.isInFlight = false;
  }

  /** What was known is of another history. */
  clear(): void {
    this.#followed.clear();
    this.#wishes.clear();
  }

  /** A message was recalled, and its reactions with it. */
  recalled(conv: number, seq: number, out: ReactionAction[]): void {
    if (this.#followed.get(conv)?.messages.delete(seq) === true) this.#tell(conv, [seq], out);
  }

  /** A push. */
  reacted(push: Reacted, out: ReactionAction[]): void {
    const followed = this.#followed.get(push.conv);
    if (followed === undefined || push.number <= (followed.number ?? 0)) return;
    const states = push.messages.map((message) => this.#stated(followed, message, push));
    this.#take(push.conv, followed, states, out);
    if (followed.number === null || push.after > followed.number) followed.isStale = true;
    else if (push.cut !== true) followed.number = push.number;
    this.#keep(push.conv, followed, states, out);
  }

  /** The answer to a question. */
  page(wish: ReactionsWish, page: ReactionsPage, out: ReactionAction[]): void {
    const followed = this.#followed.get(wish.conv);
    if (followed === undefined) return;
    followed.asking = null;
    const last = page.more ? page.messages.at(-1) : undefined;
    if ("after" in wish) {
      followed.number = last?.number ?? page.number;
      if (last !== undefined) [followed.isStale, followed.pausedUntil] = [true, 0];
    } else {
      followed.since ??= page.number;
      if (last !== undefined && last.seq < wish.to) followed.stretches.unshift({ from: last.seq + 1, to: wish.to });
      if (followed.stretches.length === 0) followed.number ??= followed.since;
    }
    this.#take(wish.conv, followed, page.messages, out);
    this.#keep(wish.conv, followed, page.messages, out);
  }

  /** A question was refused. */
  pageFailed(wish: ReactionsWish, failure: Failure, now: number): void {
    const followed = this.#followed.get(wish.conv);
    if (followed === undefined) return;
    if (!isRetryable(failure)) return void this.#followed.delete(wish.conv);
    followed.retryAt = now + (failure.retry_after_ms ?? RETRY);
    again(followed);
  }

  /** The server has answered what the user set. */
  answered(wish: ReactionWish, failure: Failure | null, now: number, out: ReactionAction[]): void {
    const found = this.#wishes.get(keyOf(wish));
    // The user has another wish by now.
    if (found === undefined || found.on !== wish.on) return void out.push({ kind: "done", wish, failure });
    found.isInFlight = false;
    if (failure !== null && isRetryable(failure)) {
      found.notBefore = now + (failure.retry_after_ms ?? RETRY);
      return;
    }
    found.isAnswered = failure === null;
    if (failure !== null || this.#isShown(found)) this.#wishes.delete(keyOf(wish));
    out.push({ kind: "done", wish, failure });
    if (failure !== null) this.#tell(wish.conv, [wish.seq], out);
  }

  tick(now: number, out: ReactionAction[]): void {
    if (!this.#isOnline) return;
    for (const [conv, followed] of this.#followed) this.#ask(conv, followed, now, out);
    let inFlight = [...this.#wishes.values()].filter(({ isInFlight }) => isInFlight).length;
    for (const wish of this.#wishes.values()) {
      if (inFlight >= IN_FLIGHT) break;
      if (wish.isInFlight || wish.isAnswered || wish.notBefore > now) continue;
      wish.isInFlight = true;
      inFlight += 1;
      const { conv, seq, value, on } = wish;
      out.push({ kind: "react", wish: { conv, seq, value, on } });
    }
  }

  nextDeadline(): number | null {
    if (!this.#isOnline) return null;
    const followed = [...this.#followed.values()].filter(({ asking }) => asking === null).flatMap(dueAt);
    const wishes = [...this.#wishes.values()].filter((one) => !one.isInFlight && !one.isAnswered);
    const deadlines = [...followed, ...wishes.map(({ notBefore }) => notBefore)];
    return deadlines.length === 0 ? null : Math.min(...deadlines);
  }

  #ask(conv: number, followed: Followed, now: number, out: ReactionAction[]): void {
    if (followed.asking !== null || !dueAt(followed).some((at) => at <= now)) return;
    const stretch = followed.stretches.shift();
    if (stretch === undefined) [followed.isStale, followed.pausedUntil] = [false, now + PAUSE];
    followed.asking = stretch === undefined ? { conv, after: followed.number ?? 0 } : { conv, ...stretch };
    out.push({ kind: "ask", wish: followed.asking });
  }

  /** A message as a push has it: that says not whether the user is among those who reacted, but who changed what. */
  #stated(followed: Followed, message: MessageReactions, { changes }: Reacted): MessageReactions {
    const mine = new Set(followed.messages.get(message.seq)?.reactions.filter((one) => one.mine === true).map(({ value }) => value));
    for (const change of changes) {
      if (change.user !== this.#me || change.seq !== message.seq) continue;
      if (change.on) mine.add(change.value);
      else mine.delete(change.value);
    }
    const reactions = message.reactions.map(({ value, count }) => ({ value, count, ...(mine.has(value) ? { mine: true } : {}) }));
    return { ...message, reactions };
  }

  #take(conv: number, followed: Followed, states: MessageReactions[], out: ReactionAction[]): void {
    const news = states.filter(({ seq, number }) => number >= (followed.messages.get(seq)?.number ?? 0));
    for (const state of news) followed.messages.set(state.seq, state);
    const seqs = news.map(({ seq }) => seq);
    for (const [key, wish] of this.#wishes) {
      if (wish.conv === conv && wish.isAnswered && seqs.includes(wish.seq) && this.#isShown(wish)) this.#wishes.delete(key);
    }
    this.#tell(conv, seqs, out);
  }

  #keep(conv: number, followed: Followed, states: MessageReactions[], out: ReactionAction[]): void {
    const messages = states.flatMap(({ seq }) => followed.messages.get(seq) ?? []);
    out.push({ kind: "keep", conv, number: followed.number, messages });
  }

  #tell(conv: number, seqs: readonly number[], out: ReactionAction[]): void {
    const followed = this.#followed.get(conv);
    if (followed === undefined || seqs.length === 0) return;
    const messages = seqs.map((seq) => this.#shown(followed.messages.get(seq) ?? { seq, number: 0, reactions: [] }, conv));
    out.push({ kind: "tell", conv, messages });
  }

  /** Whether a state has what the user set. */
  #isShown(wish: Wish): boolean {
    const followed = this.#followed.get(wish.conv);
    if (followed === undefined) return true;
    const found = followed.messages.get(wish.seq)?.reactions.find(({ value }) => value === wish.value);
    return (found?.mine === true) === wish.on;
  }

  /** A state with what the user set on top of it. */
  #shown(message: MessageReactions, conv: number): MessageReactions {
    let { reactions } = message;
    for (const wish of this.#wishes.values()) {
      if (wish.conv === conv && wish.seq === message.seq) reactions = withWish(reactions, wish);
    }
    return { ...message, reactions };
  }
}

/** A question has no answer: it is asked again. */
function again(followed: Followed): void {
  const { asking } = followed;
  if (asking === null) return;
  followed.asking = null;
  if ("after" in asking) [followed.isStale, followed.pausedUntil] = [true, 0];
  else followed.stretches.unshift({ from: asking.from, to: asking.to });
}

/** When the next question is due; empty where there is none. */
function dueAt({ stretches, isStale, retryAt, pausedUntil }: Followed): number[] {
  if (stretches.length > 0) return [retryAt];
  return isStale ? [Math.max(retryAt, pausedUntil)] : [];
}

function withWish(reactions: Reaction[], { value, on }: ReactionWish): Reaction[] {
  const found = reactions.find((one) => one.value === value);
  if ((found?.mine === true) === on) return reactions;
  if (found === undefined) return [...reactions, { value, count: 1, mine: true }];
  const { mine: _, ...rest } = found;
  const changed: Reaction = on ? { ...rest, count: rest.count + 1, mine: true } : { ...rest, count: rest.count - 1 };
  return reactions.map((one) => (one === found ? changed : one)).filter(({ count }) => count > 0);
}

function keyOf({ conv, seq, value }: ReactionWish): string {
  return `${conv}/${seq}/${value}`;
}
