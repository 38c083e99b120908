/**
 * Who is there, of the members of the conversation that somebody looks at.
 *
 * Promises: of a connection or a conversation that is no more nobody is said to be there. Not here: other users, whom the
 * application asks about.
 */
import type { Presence, UserPresence } from "../wire.gen.ts";

/** Who is there in a conversation. */
export interface Present {
  conv: number;
  /** Members who are online or away, by id; empty where only their number is told. */
  users: UserPresence[];
  /** How many they are. */
  online: number;
}

export class Presences {
  #conv: number | null = null;
  readonly #users = new Map<number, UserPresence>();

  /** Somebody looks at this from now on: what is told of it comes anew. */
  watch(conv: number | null): Present | null {
    const before = this.clear();
    this.#conv = conv;
    return before;
  }

  /** A push; null where it is of another conversation. */
  push({ conv, users, online }: Presence): Present | null {
    if (conv === undefined || conv !== this.#conv) return null;
    if (online !== undefined) this.#users.clear();
    for (const one of users ?? []) {
      if (one.state === "online" || one.state === "away") this.#users.set(one.user, one);
      else this.#users.delete(one.user);
    }
    const present = [...this.#users.values()].sort((a, b) => a.user - b.user);
    return { conv, users: present, online: online ?? present.length };
  }

  /** The connection is gone: nobody is known to be there. Null where nothing was watched. */
  clear(): Present | null {
    this.#users.clear();
    return this.#conv === null ? null : { conv: this.#conv, users: [], online: 0 };
  }
}
