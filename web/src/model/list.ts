/**
 * Keeps the list up to date with what the client tells.
 *
 * Promises: a burst of messages is some changes a second; what the user does shows at once.
 */
import { batch, createMemo, createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client, Conversation, Draft } from "@hongyan/client";
import { batchByFrame } from "./batch.ts";
import { createCells } from "./cells.ts";
import type { Conversations } from "./conversations.ts";
import { draftKey, placeOf } from "./keys.ts";
import type { Place } from "./keys.ts";
import type { Row } from "./model.ts";
import type { OutgoingByPlace } from "./outgoing.ts";
import { createRows } from "./rows.ts";
import { countOf, isHidden } from "./view.ts";

/** What the list is made of. */
export interface ListSources {
  client: Client;
  conversations: Conversations;
  outgoing: OutgoingByPlace;
  now: Accessor<number>;
  title(place: Place): string;
}

export interface List {
  rows: Accessor<readonly Row[]>;
  archived: Accessor<readonly Row[]>;
  unread: Accessor<number>;
  mentions: Accessor<number>;
  draft(place: Place): string;
}

/** `on` listens to the client until the list's owner is gone; `atEnd` is called then. */
export function createList(sources: ListSources, on: Client["on"], atEnd: (stop: () => void) => void): List {
  const { client, conversations, outgoing, now } = sources;
  const drafts = createDrafts(client);
  const rows = createRows({ conversation: conversations.at, title: sources.title, outgoing: outgoing.of, draft: drafts.of, now });
  const [changes, setChanges] = createSignal(0);

  function touch(place: Place | null): void {
    // A conversation that is not known yet has a line when it is.
    if (place !== null && ("to" in place || conversations.at(place) !== null)) rows.touch(conversations.canonical(place));
  }
  for (const { conv } of conversations.peekAll()) touch({ conv });
  outgoing.places().forEach(touch);
  // Somebody may have a draft and no conversation: not yet, or not in this history.
  for (const [key] of client.drafts()) touch(placeOf(key));
  rows.settle();

  function change(what: () => void): void {
    batch(() => {
      what();
      rows.settle();
    });
  }
  const latest = new Map<number, Conversation>();
  const changed = batchByFrame<number>((all) =>
    change(() => {
      for (const conv of all) {
        const conversation = latest.get(conv);
        if (conversation !== undefined) conversations.put(conversation);
        touch({ conv });
      }
      latest.clear();
      setChanges((n) => n + 1);
    }),
  );
  atEnd(changed.stop);
  on("conversation", (conversation) => {
    latest.set(conversation.conv, conversation);
    changed.mark(conversation.conv);
  });
  on("send", (update) =>
    change(() => {
      outgoing.update(update);
      touch(outgoing.placeOf(update.outgoing));
    }),
  );
  on("draft", ({ key, ...draft }) => {
    const place = placeOf(key);
    change(() => {
      drafts.set(key, shownText(draft));
      touch(place);
    });
  });
  const unread = createMemo(() => {
    changes();
    return unreadOf(conversations, now());
  });
  const mentions = createMemo(() => {
    changes();
    return mentionsIn(conversations);
  });
  return { rows: rows.rows, archived: rows.archived, unread, mentions, draft: drafts.of };
}

function createDrafts(client: Client) {
  const texts = createCells<string, string>();
  return {
    set: texts.set,
    of: (place: Place): string => texts.get(draftKey(place)) ?? shownText(client.draft(draftKey(place))),
  };
}

/** What a line of the list says of a draft. */
function shownText({ text, edit }: Draft): string {
  return text === "" ? (edit?.text ?? "") : text;
}

function mentionsIn(conversations: Conversations): number {
  let sum = 0;
  for (const conversation of conversations.peekAll()) if (!isHidden(conversation)) sum += conversation.mentions ?? 0;
  return sum;
}

/** Over plain values: thousands of reactive ones would be subscribed to anew at each change. */
function unreadOf(conversations: Conversations, now: number): number {
  let sum = 0;
  for (const conversation of conversations.peekAll()) sum += countOf(conversation, now);
  return sum;
}
