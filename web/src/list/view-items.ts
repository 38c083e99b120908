/** What can be made of a conversation for oneself, as entries of a menu. */
import { announce } from "../app/announce.ts";
import { errorText } from "../app/errors.ts";
import type { ViewChange } from "@hongyan/client";
import type { Place } from "../model/keys.ts";
import type { Model } from "../model/model.ts";
import { FOREVER, isArchived, isMarked, pinnedAt } from "../model/view.ts";
import { ask, openMenu } from "../ui/index.ts";
import type { MenuItem, MenuOptions } from "../ui/index.ts";
import { w } from "./words.ts";

const HOUR_MS = 3_600_000;

/** Nothing where there is no conversation yet. `anchor`: beside it, the times of a muting are offered. */
export function viewItems(model: Model, place: Place, anchor: MenuOptions["anchor"]): MenuItem[] {
  const conversation = model.conversation(place);
  if (conversation === null) return [];
  const { conv, head, unread } = conversation;
  const set = (view: ViewChange) => setView(model, conv, view);
  const isUnread = unread > 0 || isMarked(conversation);
  const markRead = (): void => {
    if (unread > 0) model.client.read(conv, head);
    if (isMarked(conversation)) set({ marked_unread: false });
  };
  const items: MenuItem[] = [
    isUnread ? { label: w.markRead, icon: "check", onSelect: markRead } : { label: w.markUnread, icon: "unread", onSelect: () => set({ marked_unread: true }) },
    pinnedAt(conversation) > 0
      ? { label: w.unpin, icon: "pin", onSelect: () => set({ pinned: 0 }) }
      : { label: w.pin, icon: "pin", onSelect: () => set({ pinned: Date.now() }) },
    muteItem(model, place, anchor),
    isArchived(conversation)
      ? { label: w.unarchive, icon: "archive", onSelect: () => set({ archived: false }) }
      : { label: w.archive, icon: "archive", onSelect: () => set({ archived: true }) },
    { label: w.hide, icon: "hide", onSelect: () => set({ hidden: true }) },
    { label: w.clear, icon: "trash", isDanger: true, onSelect: () => void clear(model, place) },
  ];
  // Of a group that is over for one, the server keeps no view.
  return conversation.left === true ? [] : items;
}

async function clear(model: Model, place: Place): Promise<void> {
  const isSure = await ask({ title: w.clearTitle, text: w.clearText(model.title(place)), action: w.clearNow, isDanger: true });
  const conversation = model.conversation(place);
  if (isSure && conversation !== null) setView(model, conversation.conv, { cleared: conversation.head });
}

/** Mutes for a time that is asked for, or ends that. */
export function muteItem(model: Model, place: Place, anchor: MenuOptions["anchor"]): MenuItem {
  if (model.isMuted(place)) return { label: w.unmute, icon: "bell", onSelect: () => mute(model, place, 0) };
  return { label: w.mute, icon: "bell-off", onSelect: () => openMenu({ label: w.mute, items: times(model, place), anchor }) };
}

/** Mutes for good, or ends that: where no menu can be opened. */
export function toggleMuted(model: Model, place: Place): void {
  mute(model, place, model.isMuted(place) ? 0 : FOREVER);
}

function times(model: Model, place: Place): MenuItem[] {
  const until = (hours: number) => mute(model, place, Date.now() + hours * HOUR_MS);
  return [
    { label: w.muteHours(1), onSelect: () => until(1) },
    { label: w.muteHours(8), onSelect: () => until(8) },
    { label: w.muteWeek, onSelect: () => until(7 * 24) },
    { label: w.muteForever, onSelect: () => mute(model, place, FOREVER) },
  ];
}

function mute(model: Model, place: Place, until: number): void {
  const conv = model.conversation(place)?.conv;
  if (conv !== undefined) setView(model, conv, { muted_until: until });
}

function setView(model: Model, conv: number, view: ViewChange): void {
  model.client.setView(conv, view).catch((error: unknown) => announce(errorText(error)));
}
