/** One line about the newest of a conversation. Pure but for the language. */
import type { Entry, Outgoing } from "@hongyan/client";
import { snippet } from "../text/snippet.ts";
import { w } from "./words.ts";

export interface Preview {
  kind: "none" | "draft" | "pending" | "sent" | "failed" | "message" | "event" | "gone";
  text: string;
  isEdited: boolean;
}

/** What a preview is made from. */
export interface Newest {
  draft: string;
  pending: Outgoing | null;
  last: Entry | null;
  me: number;
  /** In a larger conversation, who says it; null in a 1:1. */
  author: string | null;
  /** The sentence for `last` where it is a change of the group; else null. */
  event: string | null;
  /** While the conversation shows, its draft does not need the list to tell of it. */
  isOpen: boolean;
}

/** Longer than any line of the list: the rest of a long message is not looked at. */
const LONGEST = 160;

export function previewOf(newest: Newest): Preview {
  const { draft, pending, last } = newest;
  if (draft.trim() !== "" && !newest.isOpen) return { kind: "draft", text: oneLine(draft), isEdited: false };
  if (pending !== null && pending.append.type === "send") {
    const text = w.you(snippet(pending.append.body.text ?? "", LONGEST));
    const kind = pending.state === "failed" || pending.state === "sent" ? pending.state : "pending";
    return { kind, text, isEdited: false };
  }
  return last === null ? { kind: "none", text: "", isEdited: false } : ofEntry(last, newest);
}

function ofEntry(entry: Entry, { me, author, event }: Newest): Preview {
  if (event !== null) return { kind: "event", text: event, isEdited: false };
  const isOwn = entry.from === me;
  if (entry.recalled_by !== undefined || entry.body === undefined) {
    return { kind: "gone", text: isOwn ? w.youRecalled : w.recalled, isEdited: false };
  }
  const text = entry.body.type === "text" ? snippet(entry.body.text ?? "", LONGEST) : w.unknown;
  const said = isOwn ? w.you(text) : author === null ? text : w.by(author, text);
  return { kind: "message", text: said, isEdited: entry.edited_by !== undefined };
}

/** The beginning of a text as it was typed, in one line. */
export function oneLine(text: string): string {
  return text.slice(0, LONGEST).replace(/\s+/g, " ").trim();
}
