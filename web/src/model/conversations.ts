/**
 * The conversations that are known here, by number and by person.
 *
 * Promises: a 1:1 is found by its person from the moment that it exists.
 */
import type { Conversation } from "@hongyan/client";
import { createCells } from "./cells.ts";
import type { Place } from "./keys.ts";

export interface Conversations {
  put(conversation: Conversation): void;
  /** Null while a 1:1 does not exist yet. Reactive. */
  at(place: Place): Conversation | null;
  /** A 1:1 named by its person. Reactive. */
  canonical(place: Place): Place;
  /** All of them, without listening. */
  peekAll(): Iterable<Conversation>;
}

/** `self` is the id of who is signed in. */
export function createConversations(self: () => number): Conversations {
  const known = createCells<number, Conversation>();
  const directs = createCells<number, number>();
  return {
    put(conversation) {
      known.set(conversation.conv, conversation);
      const other = otherOf(conversation, self());
      if (other !== null && directs.peek(other) !== conversation.conv) directs.set(other, conversation.conv);
    },
    at(place) {
      const conv = "conv" in place ? place.conv : directs.get(place.to);
      return conv === undefined ? null : (known.get(conv) ?? null);
    },
    canonical(place) {
      if ("to" in place) return place;
      const conversation = known.get(place.conv);
      const other = conversation === undefined ? null : otherOf(conversation, self());
      return other === null ? place : { to: other };
    },
    *peekAll() {
      for (const conv of known.keys()) {
        const conversation = known.peek(conv);
        if (conversation !== undefined) yield conversation;
      }
    },
  };
}

/** The other person of a 1:1 conversation; oneself, for notes to oneself; null for any other kind. */
export function otherOf(conversation: Conversation, self: number): number | null {
  if (conversation.kind !== "direct") return null;
  const other = conversation.members.find((member) => member.user !== self);
  return other?.user ?? self;
}
