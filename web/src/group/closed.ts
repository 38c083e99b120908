/** Why nobody can write in a group. Pure but for the language. */
import type { Conversation } from "@hongyan/client";
import { formatStamp } from "../i18n/index.ts";
import { w } from "./words.ts";

/** The year 3000: later times stand for no end, in ms. */
const FAR = 32_503_680_000_000;

/** The sentence that stands in place of the composer; null where one can write. */
export function closedText(conversation: Conversation | null, now: number): string | null {
  if (conversation?.left === true) return whyLeft(conversation);
  const group = conversation?.group;
  if (group === undefined || isAdmin(group.role)) return null;
  if (group.post !== "all") return w.adminsOnly;
  const until = group.muted_until ?? 0;
  if (until <= now) return null;
  return until > FAR ? w.youAreMutedForever : w.youAreMuted(formatStamp(until));
}

/** The last entry that one got of a group is the one that ended it, unless that happened while one was away. */
function whyLeft({ last }: Conversation): string {
  switch (last?.event?.type) {
    case "left":
      return w.youLeft;
    case "removed":
      return w.youWereRemoved;
    case "banned":
      return w.youWereBanned;
    case "disbanded":
      return w.wasDisbanded;
    default:
      return w.noMember;
  }
}

/** Whether a role may change the group. */
export function isAdmin(role: string | undefined): boolean {
  return role === "owner" || role === "admin";
}
