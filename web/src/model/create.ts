/** Makes the model of one client. See `model.ts` for what it is. */
import { batch, createMemo, createSignal, onCleanup } from "solid-js";
import type { Client, Conversation, UserProfile } from "@hongyan/client";
import { batchByFrame } from "./batch.ts";
import { createCells } from "./cells.ts";
import { keptSet } from "./kept.ts";
import { draftKey, placeOf } from "./keys.ts";
import type { Place } from "./keys.ts";
import type { Model } from "./model.ts";
import { createNow } from "./now.ts";
import { createOutgoing } from "./outgoing.ts";
import { createPeople } from "./people.ts";
import { createRows } from "./rows.ts";
import { createSettings } from "./settings.ts";

/** Call it where there is an owner: the model listens to the client until that is disposed of. */
export function createModel(client: Client, account: string): Model {
  const on: Client["on"] = (name, listener) => {
    const stop = client.on(name, listener);
    onCleanup(stop);
    return stop;
  };

  const [me, setMe] = createSignal<UserProfile | null>(client.me);
  const [connection, setConnection] = createSignal(client.connection);
  const [storage, setStorage] = createSignal(client.storage);
  const [isLeader, setLeader] = createSignal(client.isLeader);
  on("connection", setConnection);
  on("me", setMe);
  on("storage", setStorage);
  on("leader", setLeader);

  const isOnline = createMemo(() => connection().kind === "online");
  const people = createPeople(client, isOnline);
  on("profiles", people.learn);

  const conversations = createCells<number, Conversation>();
  const directs = createCells<number, number>();
  function put(conversation: Conversation): void {
    conversations.set(conversation.conv, conversation);
    const other = otherOf(conversation, client.me?.id ?? Number(account));
    if (other !== null && directs.peek(other) !== conversation.conv) directs.set(other, conversation.conv);
  }
  client.conversations().forEach(put);

  function canonical(place: Place): Place {
    if ("to" in place) return place;
    const conversation = conversations.get(place.conv);
    const other = conversation === undefined ? null : otherOf(conversation, me()?.id ?? Number(account));
    return other === null ? place : { to: other };
  }
  function conversation(place: Place): Conversation | null {
    const conv = "conv" in place ? place.conv : directs.get(place.to);
    return conv === undefined ? null : (conversations.get(conv) ?? null);
  }
  function others(place: Place): readonly UserProfile[] {
    if ("to" in place) return [people.profile(place.to)];
    const self = me()?.id ?? Number(account);
    const members = conversation(place)?.members ?? [];
    return members.filter((member) => member.user !== self).map((member) => people.profile(member.user));
  }

  const outgoing = createOutgoing(client, conversation);
  const drafts = createCells<string, string>();
  const draft = (place: Place): string => drafts.get(draftKey(place)) ?? client.draft(draftKey(place));
  const settings = createSettings(account);
  const title = (place: Place) => others(canonical(place)).map((person) => person.name).join(", ");
  const rows = createRows({ conversation, title, outgoing: outgoing.of, draft, settings });
  const addPlace = (place: Place | null) => place !== null && rows.add(canonical(place));
  for (const one of client.conversations()) addPlace({ conv: one.conv });
  outgoing.places().forEach(addPlace);
  // The SDK keeps drafts but no list of them: who has one and no conversation yet is kept here.
  const drafted = keptSet(`drafted.${account}`);
  for (const key of drafted.all()) addPlace(placeOf(key));
  rows.sort();

  // A burst of messages changes a conversation many times a frame; the list is redrawn once.
  const changed = batchByFrame<Conversation>((all) =>
    batch(() => {
      for (const one of new Map([...all].map((conversation) => [conversation.conv, conversation])).values()) {
        put(one);
        addPlace({ conv: one.conv });
      }
      rows.sort();
    }),
  );
  onCleanup(changed.stop);
  on("conversation", changed.mark);
  on("send", (update) => {
    batch(() => {
      outgoing.update(update);
      addPlace(outgoing.placeOf(update.outgoing));
      rows.sort();
    });
  });
  on("draft", ({ key, text }) => {
    drafts.set(key, text);
    const place = placeOf(key);
    if (place === null) return;
    if ("to" in place) drafted.put(key, text !== "" && conversation(place) === null);
    batch(() => {
      addPlace(place);
      rows.sort();
    });
  });

  const unread = createMemo(() => rows.rows().reduce((sum, row) => sum + (row.isMuted ? 0 : row.unread), 0));

  return {
    client,
    me,
    connection,
    storage,
    isLeader,
    rows: rows.rows,
    unread,
    profile: people.profile,
    learn: people.learn,
    people: people.all,
    conversation,
    canonical,
    title,
    others,
    outgoing: outgoing.of,
    draft,
    settings,
    now: createNow(),
  };
}

/** The other person of a 1:1 conversation; oneself, for notes to oneself; null for any other kind. */
export function otherOf(conversation: Conversation, me: number): number | null {
  if (conversation.kind !== "direct") return null;
  const other = conversation.members.find((member) => member.user !== me);
  return other?.user ?? me;
}
