/** Makes the model of one client. See `model.ts` for what it is. */
import { createMemo, createSignal, onCleanup } from "solid-js";
import type { Client, Present, UserProfile, Writing } from "@hongyan/client";
import { createLookedAt } from "../live/looked-at.ts";
import { createConversations } from "./conversations.ts";
import type { Place } from "./keys.ts";
import { createLive } from "./live.ts";
import { createList } from "./list.ts";
import type { Model } from "./model.ts";
import { w } from "./words.ts";
import { createNow } from "./now.ts";
import { createOutgoing } from "./outgoing.ts";
import { createPeople } from "./people.ts";
import { bringMutings } from "./mutings.ts";
import { createSettings } from "./settings.ts";
import { syncDrafts } from "./synced-drafts.ts";
import { isMuted } from "./view.ts";

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

  // Before the first `welcome` the account's name tells who one is.
  const self = () => me()?.id ?? Number(account);
  const conversations = createConversations(self);
  client.conversations().forEach(conversations.put);
  const outgoing = createOutgoing(client, conversations.at);
  const settings = createSettings();
  const now = createNow();
  const isMutedAt = (place: Place) => isMuted(conversations.at(place), now());

  function others(place: Place): readonly UserProfile[] {
    if ("to" in place) return [people.profile(place.to)];
    const members = conversations.at(place)?.members ?? [];
    return members.filter((member) => member.user !== self()).map((member) => people.profile(member.user));
  }
  const title = (place: Place) => {
    const whose = conversations.canonical(place);
    if ("to" in whose && whose.to === self()) return w.notes;
    const group = conversations.at(whose)?.group;
    if (group !== undefined) return group.name;
    const names = others(whose).map(people.shownName).join(", ");
    return names === "" ? w.members(conversations.at(whose)?.size ?? 0) : names;
  };
  const list = createList({ client, conversations, outgoing, now, title }, on, onCleanup);

  bringMutings(client, account, on);
  syncDrafts(client, conversations.canonical, on, onCleanup);
  const live = createLive(client, on);
  const writing = (place: Place): Writing | null => live.writing(conversations.at(place)?.conv ?? 0);
  const present = (place: Place): Present | null => live.present(conversations.at(place)?.conv ?? 0);

  return {
    client,
    account,
    me,
    connection,
    storage,
    isLeader,
    rows: list.rows,
    archived: list.archived,
    isMuted: isMutedAt,
    unread: list.unread,
    mentions: list.mentions,
    profile: people.profile,
    refresh: people.refresh,
    existence: people.existence,
    shownName: people.shownName,
    learn: people.learn,
    people: people.all,
    conversation: conversations.at,
    canonical: conversations.canonical,
    title,
    others,
    outgoing: outgoing.of,
    draft: list.draft,
    writing,
    present,
    readBy: live.readBy,
    watchPresence: createLookedAt(client, on, isOnline, now).watch,
    settings,
    now,
  };
}
