/** One sentence that says all about a message: what screen readers say when they come to it. */
import type { Reaction } from "@hongyan/client";
import { formatTime } from "../../i18n/index.ts";
import { isolated } from "../../text/bidi.ts";
import { snippet } from "../../text/snippet.ts";
import { reasonOf } from "../failure.ts";
import type { MessageRow } from "../log/rows.ts";
import type { Standing } from "../log/standing.ts";
import { w } from "../words.ts";

/** Longer ones are read by going into the message. */
const SPOKEN = 600;

export function describe(row: MessageRow, name: string, standing: Standing | null, reactions: readonly Reaction[] = [], isSelected = false): string {
  const who = row.own ? w.you : name;
  const notes: string[] = [];
  if (row.edited && !row.recalled) notes.push(capital(w.edited));
  if (reactions.length > 0) notes.push(w.reacted(reactions.map(({ value, count }) => `${value} ${count}`).join(" ")));
  if (row.change !== null) notes.push(changeText(row));
  else if (standing !== null) notes.push(standingText(standing));
  if (isSelected) notes.push(w.isSelected);
  return w.sentence(who, formatTime(row.at), saying(row, name), notes);
}

/** What a message says, in plain words. */
export function saying(row: MessageRow, name: string): string {
  if (row.recalled) return recalledText(row, name);
  const text = row.change?.text ?? row.text;
  return text === null ? w.unsupported : snippet(text, SPOKEN);
}

export function recalledText(row: MessageRow, name: string): string {
  return row.own ? w.ownRecalled : w.recalled(isolated(name));
}

export function standingText(standing: Standing): string {
  switch (standing.kind) {
    case "waiting": return w.waiting;
    case "sending": return w.sending;
    case "failed": return w.failed;
    case "sent": return w.sent;
    case "delivered": return w.delivered;
    case "read": return standing.readers === null ? w.read : w.readBy(standing.readers, standing.of);
  }
}

/** How a change that is on its way stands. */
export function changeText({ change }: MessageRow): string {
  if (change === null) return "";
  if (change.state !== "failed") return change.kind === "edit" ? w.savingEdit : w.recalling;
  const reason = reasonOf(change.failure);
  return change.kind === "edit" ? w.editFailed(reason) : w.recallFailed(reason);
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
