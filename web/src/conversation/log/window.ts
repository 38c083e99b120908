/**
 * The stretch of a conversation's log that is on the screen, or near it.
 *
 * Owns: which entries, and that they are gapless. Promises: pure; a page that does not join on is
 * left out rather than guessed about; an edit or a recall of a held message is applied wherever it
 * comes from. Not here: getting pages (`pages`), and what a row looks like (`rows`).
 */
import { amended } from "@hongyan/client";
import type { Entry } from "@hongyan/client";

/** Everything of the log from `first` to `last`; empty when `first` is `last + 1`. */
export interface LogWindow {
  readonly first: number;
  readonly last: number;
  /** The messages and the changes of a group in it, ascending: edits, recalls and what this version does not know have no
   * rows. */
  readonly messages: readonly Entry[];
}

/** A window without entries that a page after `seq` or up to `seq` joins on to. */
export function emptyWindow(seq: number): LogWindow {
  return { first: seq + 1, last: seq, messages: [] };
}

/** Adds what comes before. */
export function withOlder(window: LogWindow, page: readonly Entry[]): LogWindow {
  const fitting = page.filter((entry) => entry.seq < window.first);
  if (fitting.length === 0 || fitting.at(-1)!.seq !== window.first - 1) return window;
  return { first: fitting[0]!.seq, last: window.last, messages: [...fitting.filter(hasRow), ...window.messages] };
}

/** Adds what comes after. Edits and recalls change their targets even when they do not join on. */
export function withNewer(window: LogWindow, page: readonly Entry[]): LogWindow {
  const changed = amendAll(window.messages, page);
  const fitting = page.filter((entry) => entry.seq > window.last);
  if (fitting.length === 0 || fitting[0]!.seq !== window.last + 1) {
    return changed === window.messages ? window : { ...window, messages: changed };
  }
  // A page read from the server is of now; one of live entries may hold a message and its edit.
  const added = amendAll(fitting.filter(hasRow), fitting);
  return { first: window.first, last: fitting.at(-1)!.seq, messages: [...changed, ...added] };
}

/** Keeps at most `most` messages, dropping them at one end. */
export function trimmed(window: LogWindow, most: number, drop: "older" | "newer"): LogWindow {
  const { messages } = window;
  if (messages.length <= most) return window;
  if (drop === "older") {
    const kept = messages.slice(messages.length - most);
    return { first: kept[0]!.seq, last: window.last, messages: kept };
  }
  const kept = messages.slice(0, most);
  return { first: window.first, last: kept.at(-1)!.seq, messages: kept };
}

/** Keeps at most `most` messages around one of them; all, if it is not there. */
export function trimmedAround(window: LogWindow, isCentre: (message: Entry) => boolean, most: number): LogWindow {
  const centre = window.messages.findIndex(isCentre);
  if (centre < 0) return window;
  const after = window.messages.length - centre - 1;
  const above = trimmed(window, Math.ceil(most / 2) + after, "older");
  return trimmed(above, most, "newer");
}

/** Whether the log goes on below. */
export function hasOlder(window: LogWindow): boolean {
  return window.first > 1;
}

/** The message at a seq, if it is held. */
export function messageAt(window: LogWindow, seq: number): Entry | undefined {
  return window.messages.find((message) => message.seq === seq);
}

/** Applies edits and recalls; the same array when nothing changes. */
export function amendAll(messages: readonly Entry[], by: readonly Entry[]): readonly Entry[] {
  const changes = by.filter((entry) => entry.target !== undefined);
  if (changes.length === 0) return messages;
  let changed: Entry[] | null = null;
  for (const change of changes) {
    const at = messages.findIndex((message) => message.seq === change.target);
    const next = at < 0 ? null : amended((changed ?? messages)[at]!, change);
    if (next === null) continue;
    changed ??= [...messages];
    changed[at] = next;
  }
  return changed ?? messages;
}

/** Whether an entry has a row of its own. */
export function hasRow(entry: Entry): boolean {
  return entry.kind === "message" || entry.kind === "event";
}
