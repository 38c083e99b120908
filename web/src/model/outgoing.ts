/**
 * Requests whose entry has not come yet, by place.
 *
 * Promises: in the order of submission; whatever a message was addressed to when it was written, it
 * shows in the conversation that it belongs to now.
 */
import type { Client, Conversation, Outgoing, SendUpdate } from "@hongyan/client";
import { createCells } from "./cells.ts";
import { draftKey, placeOf } from "./keys.ts";
import type { Place } from "./keys.ts";

export interface OutgoingByPlace {
  of(place: Place): readonly Outgoing[];
  update(update: SendUpdate): void;
  /** What the request was addressed to. */
  placeOf(outgoing: Outgoing): Place;
  /** Everywhere that something is unsent. */
  places(): Place[];
}

const NONE: readonly Outgoing[] = [];

export function createOutgoing(
  client: Client,
  conversation: (place: Place) => Conversation | null,
): OutgoingByPlace {
  const lists = createCells<string, readonly Outgoing[]>();
  for (const one of client.outgoing()) {
    const key = draftKey(addressOf(one));
    lists.set(key, [...(lists.peek(key) ?? NONE), one]);
  }
  return {
    of(place) {
      const own = lists.get(draftKey(place)) ?? NONE;
      const conv = "to" in place ? conversation(place)?.conv : undefined;
      const rest = conv === undefined ? NONE : (lists.get(`conv:${conv}`) ?? NONE);
      if (rest.length === 0) return own;
      return own.length === 0 ? rest : [...own, ...rest].sort((a, b) => a.at - b.at);
    },
    update({ outgoing, state }) {
      const key = draftKey(addressOf(outgoing));
      lists.set(key, apply(lists.peek(key) ?? NONE, outgoing, state));
    },
    placeOf: addressOf,
    places: () => [...lists.keys()].map(placeOf).filter((place) => place !== null),
  };
}

function addressOf({ append }: Outgoing): Place {
  if (append.type === "send" && append.to !== undefined) return { to: append.to };
  return { conv: append.conv ?? 0 };
}

function apply(list: readonly Outgoing[], one: Outgoing, state: SendUpdate["state"]): readonly Outgoing[] {
  const place = list.findIndex((other) => other.clientId === one.clientId);
  if (state === "settled" || state === "discarded") return place < 0 ? list : list.toSpliced(place, 1);
  if (place >= 0) return list.with(place, one);
  // The answer may come after the entry: then the request is a message already.
  return state === "sent" ? list : [...list, one];
}
