/**
 * What can be done with a message.
 *
 * Promises: offers only what can succeed as far as this side knows. How long a message can be
 * edited or recalled is the server's to say; it is told when it refuses.
 */
import type { Reaction } from "@hongyan/client";
import type { MenuItem, QuickItem } from "../../ui/index.ts";
import { quickReactions } from "../composer/emoji-recent.ts";
import type { MessageRow } from "../log/rows.ts";
import { w } from "../words.ts";

/** What the pane does when asked. */
export interface MessageActions {
  /** Whether one may write here. */
  readonly canWrite: boolean;
  /** Whether what one has written may still be taken back: not by whom a group is over for. */
  readonly canRecall: boolean;
  /** Whether one may take back what others have written: admins of a group. */
  readonly canRecallOthers: boolean;
  reply(row: MessageRow): void;
  copy(row: MessageRow): void;
  /** Sends it on to another conversation. */
  forward(row: MessageRow): void;
  /** Selects it, to select others too. */
  select(row: MessageRow): void;
  edit(row: MessageRow): void;
  recall(row: MessageRow): void;
  /** Writes a recalled message's text again. */
  again(row: MessageRow): void;
  /** Shows who has read it; null where there is only one who could. */
  readers: ((row: MessageRow) => void) | null;
  /** Whether a message is pinned; null where one may not change that. */
  isPinned(row: MessageRow): boolean | null;
  pin(row: MessageRow, isOn: boolean): void;
  /** Whether one may set reactions here. */
  readonly canReact: boolean;
  /** Sets a reaction, or takes it back. */
  react(row: MessageRow, value: string, isOn: boolean): void;
  /** Offers all emoji to react with, at a point of the window. */
  otherReaction(row: MessageRow, at: { x: number; y: number }): void;
  /** Tells who set a reaction. */
  reactors(row: MessageRow, value: string): void;
  resend(clientId: string): void;
  discard(clientId: string): void;
}

/** An entry of a message's menu, and of its toolbar unless it is wanted seldom. */
export type Action = MenuItem & { icon: NonNullable<MenuItem["icon"]>; isMinor?: true };

/** Whether there is a text that the server has. */
export function isSaying(row: MessageRow): boolean {
  return !row.recalled && row.text !== null && row.seq !== null;
}

/** `reactions`: those that the message has. */
export function actionsFor(row: MessageRow, on: MessageActions, reactions: readonly Reaction[] = []): Action[] {
  const actions: Action[] = [];
  const says = !row.recalled && row.text !== null;
  if (isSaying(row) && on.canWrite) actions.push({ label: w.reply, icon: "reply", onSelect: () => on.reply(row) });
  if (says) actions.push({ label: w.copy, icon: "copy", onSelect: () => on.copy(row) });
  if (isSaying(row)) actions.push({ label: w.forward, icon: "forward", isMinor: true, onSelect: () => on.forward(row) });
  if (canEdit(row) && on.canWrite) actions.push({ label: w.edit, icon: "edit", onSelect: () => on.edit(row) });
  const { readers } = on;
  if (readers !== null && row.own && isSaying(row)) {
    actions.push({ label: w.readers, icon: "check-double", isMinor: true, onSelect: () => readers(row) });
  }
  const isPinned = isSaying(row) ? on.isPinned(row) : null;
  if (isPinned !== null) actions.push({ label: isPinned ? w.unpin : w.pin, icon: "pin", isMinor: true, onSelect: () => on.pin(row, !isPinned) });
  const [first] = reactions;
  if (first !== undefined) actions.push({ label: w.whoReacted, icon: "smile", isMinor: true, onSelect: () => on.reactors(row, first.value) });
  if (isSaying(row)) actions.push({ label: w.select, icon: "select", isMinor: true, onSelect: () => on.select(row) });
  const mayRecall = row.own ? on.canRecall : on.canRecallOthers;
  if (mayRecall && !row.recalled && row.seq !== null && row.change === null) {
    actions.push({ label: w.recall, icon: "undo", isDanger: true, isMinor: true, onSelect: () => on.recall(row) });
  }
  if (row.local === "failed") actions.push({ label: w.resend, icon: "retry", onSelect: () => on.resend(row.clientId) });
  if (row.local === "failed" || row.local === "waiting") {
    actions.push({ label: w.discard, icon: "trash", isDanger: true, onSelect: () => on.discard(row.clientId) });
  }
  return actions;
}

/** What a message can be reacted with at once; none where it cannot. */
export function quickFor(row: MessageRow, on: MessageActions, reactions: readonly Reaction[], at: () => { x: number; y: number }): QuickItem[] | undefined {
  if (!on.canReact || !isReactable(row)) return undefined;
  const own = new Set(reactions.filter(({ mine }) => mine === true).map(({ value }) => value));
  const quick = quickReactions().map((value): QuickItem => ({
    sign: value, label: w.reactWith(value), checked: own.has(value), onSelect: () => on.react(row, value, !own.has(value)),
  }));
  return [...quick, { icon: "plus", label: w.otherReaction, onSelect: () => on.otherReaction(row, at()) }];
}

/** Whether the server has it, and it was not recalled. */
export function isReactable(row: MessageRow): boolean {
  return row.seq !== null && row.local === null && !row.recalled;
}

/** Whether a message is one's own, on the server, and not about to change already. */
export function canEdit(row: MessageRow): boolean {
  return row.own && row.seq !== null && row.text !== null && !row.recalled && row.change === null;
}
