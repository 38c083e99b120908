/** How far one's own message has come. */
import { reach, wasIn } from "@hongyan/client";
import type { Conversation } from "@hongyan/client";
import type { LocalState, MessageRow } from "./rows.ts";

export type Standing =
  | { kind: LocalState | "sent" | "delivered" }
  /** `readers`: how many `of` those who were there have read it, in a conversation of more than two; null in a 1:1. */
  | { kind: "read"; readers: null }
  | { kind: "read"; readers: number; of: number };

/** Null for a message of somebody else, or one that is recalled. */
export function standingOf(row: MessageRow, conversation: Conversation | null): Standing | null {
  if (!row.own || row.recalled) return null;
  if (row.local !== null) return { kind: row.local };
  if (row.seq === null || conversation === null) return { kind: "sent" };
  const seq = row.seq;
  if (conversation.kind !== "direct") {
    const others = (conversation.members ?? []).filter((member) => member.user !== row.from && wasIn(member, seq));
    const readers = others.filter((member) => member.read >= seq).length;
    if (readers > 0) return { kind: "read", readers, of: others.length };
  }
  const kind = reach(conversation, row.from, seq);
  return kind === "read" ? { kind, readers: null } : { kind };
}
