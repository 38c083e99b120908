/** Whether somebody is there, in a few words. Pure but for the language. */
import type { UserPresence } from "@hongyan/client";
import { formatShort } from "../i18n/index.ts";
import { w } from "./words.ts";

/** Empty where nothing is known: somebody who is not there and does not let it be seen since when. */
export function presenceText(one: Pick<UserPresence, "state" | "last_seen"> | null, now: number): string {
  if (one === null) return "";
  if (one.state === "online") return w.online;
  if (one.state === "away") return w.away;
  return one.last_seen === undefined ? "" : w.lastSeen(formatShort(one.last_seen, now));
}

/** What an avatar shows of it. */
export function dotOf(one: Pick<UserPresence, "state"> | null): "online" | "away" | null {
  if (one?.state === "online") return "online";
  return one?.state === "away" ? "away" : null;
}

/** `members`: how many there are, in words. */
export function onlineText(members: string, online: number): string {
  // Oneself is there in any case.
  return online > 1 ? w.someOnline(members, online) : members;
}
