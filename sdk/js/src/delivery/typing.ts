/**
 * Who is writing, and when to say that the user is.
 *
 * Owns: of each conversation who writes, until it is old; and when the user's own writing was told last.
 * Promises: nobody is shown as writing for longer than {@link SHOWN} without another push, nor after their message came;
 * the user's own writing is told at once, and then at most every {@link EVERY}. Not here: whom it is told.
 */
import type { Typists } from "../wire.gen.ts";

/** How long a push holds, in ms. */
const SHOWN = 6_000;

/** Between two words about the same writing, in ms. */
const EVERY = 3_000;

/** Conversations with somebody who writes, at most: who looks at one at a time is told of few. */
const CONVERSATIONS = 64;

/** Who is writing in a conversation: users by id, and how many others. */
export interface Writing {
  conv: number;
  users: number[];
  others: number;
}

interface Shown extends Writing {
  until: number;
}

export class Typing {
  readonly #shown = new Map<number, Shown>();
  readonly #told = new Map<number, number>();

  /** A push; `me` is left out. Whether it changes anything. */
  push({ conv, users, others = 0 }: Typists, me: number, now: number): Writing | null {
    const named = users.filter((user) => user !== me);
    if (named.length === 0 && others === 0) return this.#end(conv);
    this.#shown.delete(conv);
    const shown = { conv, users: named, others, until: now + SHOWN };
    this.#shown.set(conv, shown);
    for (const oldest of this.#shown.keys()) {
      if (this.#shown.size <= CONVERSATIONS) break;
      this.#shown.delete(oldest);
    }
    return { conv, users: named, others };
  }

  /** A message of somebody's came. */
  message(conv: number, from: number): Writing | null {
    const shown = this.#shown.get(conv);
    if (shown?.users.includes(from) !== true) return null;
    shown.users = shown.users.filter((user) => user !== from);
    if (shown.users.length === 0 && shown.others === 0) return this.#end(conv);
    return { conv, users: shown.users, others: shown.others };
  }

  /** What is too old to be shown. */
  tick(now: number): Writing[] {
    return [...this.#shown.values()].filter(({ until }) => until <= now).flatMap(({ conv }) => this.#end(conv) ?? []);
  }

  /** The connection is gone, or the history: nobody is known to write. */
  clear(): Writing[] {
    this.#told.clear();
    return [...this.#shown.keys()].flatMap((conv) => this.#end(conv) ?? []);
  }

  /** The user is writing; whether that is to be told. */
  write(conv: number, now: number): boolean {
    if (now - (this.#told.get(conv) ?? -Infinity) < EVERY) return false;
    this.#told.clear();
    this.#told.set(conv, now);
    return true;
  }

  /** The user has sent a message: what is written next is told at once. */
  sent(conv: number): void {
    this.#told.delete(conv);
  }

  nextDeadline(): number | null {
    const untils = [...this.#shown.values()].map(({ until }) => until);
    return untils.length === 0 ? null : Math.min(...untils);
  }

  #end(conv: number): Writing | null {
    return this.#shown.delete(conv) ? { conv, users: [], others: 0 } : null;
  }
}
