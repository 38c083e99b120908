/**
 * The conversations that are known here, by number and by person.
 *
 * Promises: a 1:1 is found by its person from the moment that it exists.
 */
import { peerOf } from "@hongyan/client";
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
      if (other === null) return;
      const before = known.peek(directs.peek(other) ?? 0);
      // There is one 1:1 for each pair. One that a push began and no sync has told of yet may turn out to be larger.
      if (before === undefined || otherOf(before, self()) !== other) directs.set(other, conversation.conv);
    },
    at(place) {
      if ("conv" in place) return known.get(place.conv) ?? null;
      const found = known.get(directs.get(place.to) ?? 0);
      return found !== undefined && otherOf(found, self()) === place.to ? found : null;
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
export const otherOf: (conversation: Conversation, self: number) => number | null = peerOf;
