/** Why nobody can write in a group. Pure but for the language. */
import type { Conversation } from "@hongyan/client";
import { w } from "./words.ts";

/** The sentence that stands in place of the composer; null where one can write. */
export function closedText(conversation: Conversation | null): string | null {
  if (conversation?.left === true) return whyLeft(conversation);
  const group = conversation?.group;
  return group !== undefined && group.post !== "all" && !isAdmin(group.role) ? w.adminsOnly : null;
}

/** The last entry that one got of a group is the one that ended it, unless that happened while one was away. */
function whyLeft({ last }: Conversation): string {
  switch (last?.event?.type) {
    case "left":
      return w.youLeft;
    case "removed":
      return w.youWereRemoved;
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
