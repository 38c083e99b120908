/** How far one's own message has come. */
import { reach, wasIn } from "@hongyan/client";
import type { Conversation } from "@hongyan/client";
import type { LocalState, MessageRow } from "./rows.ts";

export type Standing =
  | { kind: LocalState | "sent" | "delivered" }
  /** `readers`: how many `of` those who were there have read it, in a conversation of more than two; null in a 1:1. `of` is null
   * where it is not known. */
  | { kind: "read"; readers: null }
  | { kind: "read"; readers: number; of: number | null };

/** Null for a message of somebody else, or one that is recalled. `readBy`: what the server says of it where members are not
 * told. */
export function standingOf(row: MessageRow, conversation: Conversation | null, readBy: (conv: number, seq: number) => number | null): Standing | null {
  if (!row.own || row.recalled) return null;
  if (row.local !== null) return { kind: row.local };
  if (row.seq === null || conversation === null) return { kind: "sent" };
  const seq = row.seq;
  if (conversation.kind !== "direct" && conversation.members === undefined) {
    const readers = readBy(conversation.conv, seq) ?? 0;
    return readers > 0 ? { kind: "read", readers, of: null } : { kind: "sent" };
  }
  if (conversation.kind !== "direct") {
    const others = (conversation.members ?? []).filter((member) => member.user !== row.from && wasIn(member, seq));
    const readers = others.filter((member) => member.read >= seq).length;
    if (readers > 0) return { kind: "read", readers, of: others.length };
  }
  const kind = reach(conversation, row.from, seq);
  return kind === "read" ? { kind, readers: null } : { kind };
}
