/**
 * Notifications of new messages.
 *
 * Promises: one for each conversation, replaced by the next; only from the tab that owns the
 * connection; none for what the user looks at, muted, read on another device, or that is old news.
 */
import { onCleanup, untrack } from "solid-js";
import type { Entry } from "@hongyan/client";
import { otherOf } from "../model/conversations.ts";
import { draftKey } from "../model/keys.ts";
import type { Place } from "../model/keys.ts";
import type { Model } from "../model/model.ts";
import { snippet } from "../text/snippet.ts";
import { format, go } from "./route.ts";
import type { Route } from "./route.ts";
import { w } from "./words.ts";

/** A sync brings old messages too: they are in the list, and need no bell. */
const NEWS_MS = 5 * 60_000;
const LONGEST = 200;

/** What decides about one message. */
export interface Circumstances {
  me: number;
  isLeader: boolean;
  isOn: boolean;
  isMuted: boolean;
  isLookedAt: boolean;
  /** Whether it came as it was written, and so is news whatever the clock of this device says. */
  isLive: boolean;
  /** One's own read position. */
  read: number;
  now: number;
}

export function isWorthNotice(entry: Entry, about: Circumstances): boolean {
  if (entry.kind !== "message" || entry.from === about.me || entry.recalled_by !== undefined) return false;
  if (!about.isLeader || !about.isOn || about.isMuted || about.isLookedAt) return false;
  return entry.seq > about.read && (about.isLive || about.now - entry.at < NEWS_MS);
}

/** Notifies as long as its owner lives. */
export function notifyOf(model: Model, isLookedAt: (key: string) => boolean): void {
  // The model's: the client's own is already that of the end of the sync that brings the entry.
  const isCaughtUp = (): boolean => {
    const state = untrack(model.connection);
    return state.kind === "online" && state.caughtUp;
  };
  const onEntry = (entry: Entry): void => {
    const me = model.me()?.id ?? 0;
    // The client's: the first message of a conversation comes before the model knows of that.
    const conversation = model.client.conversation(entry.conv);
    const other = conversation === null ? null : otherOf(conversation, me);
    const place: Place = other === null ? { conv: entry.conv } : { to: other };
    const isWanted = isWorthNotice(entry, {
      me,
      isLeader: model.client.isLeader,
      isOn: model.settings.notifications && typeof Notification !== "undefined" && Notification.permission === "granted",
      isMuted: model.isMuted(place),
      isLookedAt: isLookedAt(draftKey(place)),
      isLive: isCaughtUp(),
      read: conversation?.me.read ?? 0,
      now: Date.now(),
    });
    if (!isWanted) return;
    const author = model.shownName(model.profile(entry.from));
    const title = "to" in place ? author : `${author} · ${model.title(place)}`;
    void show(title, textOf(entry), { page: "conversation", place: { conv: entry.conv } });
  };
  onCleanup(model.client.on("entry", onEntry));

  // The service worker's notifications are clicked there, and it says here what to open.
  const onMessage = ({ data }: MessageEvent<unknown>): void => {
    if (typeof data === "object" && data !== null && "open" in data && typeof data.open === "string") location.hash = data.open;
  };
  const worker = workers();
  worker?.addEventListener("message", onMessage);
  onCleanup(() => worker?.removeEventListener("message", onMessage));
}

function textOf(entry: Entry): string {
  return entry.body?.type === "text" ? snippet(entry.body.text ?? "", LONGEST) : w.unknownMessage;
}

async function show(title: string, body: string, to: Route): Promise<void> {
  const hash = format(to);
  const options = { body, tag: hash, icon: "/icons/icon-192.png", data: { open: hash } };
  // Some phones know notifications of service workers only.
  const registration = await workers()?.getRegistration();
  if (registration?.active) {
    await registration.showNotification(title, options);
    return;
  }
  const notification = new Notification(title, options);
  notification.onclick = () => {
    window.focus();
    go(to);
    notification.close();
  };
}

/** Null: there are none, or the browser denies them along with all storage. */
function workers(): ServiceWorkerContainer | null {
  try {
    return navigator.serviceWorker ?? null;
  } catch {
    return null;
  }
}
