/**
 * The lines of the conversation list.
 *
 * Promises: one line for each place, the same object as long as the app runs; the latest first.
 */
import { batch, createSignal, untrack } from "solid-js";
import type { Accessor } from "solid-js";
import type { Conversation, Outgoing } from "@hongyan/client";
import { draftKey } from "./keys.ts";
import type { Place } from "./keys.ts";
import type { Row } from "./model.ts";
import { isArchived, isHidden, isMarked, isMuted, pinnedAt } from "./view.ts";

/** What a line is made of. */
export interface RowSources {
  conversation(place: Place): Conversation | null;
  title(place: Place): string;
  outgoing(place: Place): readonly Outgoing[];
  draft(place: Place): string;
  now: Accessor<number>;
}

export interface Rows {
  rows: Accessor<readonly Row[]>;
  /** Those that were put away. */
  archived: Accessor<readonly Row[]>;
  /** The place is new, or something about it changed. Call `settle` when all are told. */
  touch(place: Place): void;
  /** Puts what was touched where it belongs. */
  settle(): void;
}

/** A row with what it is sorted by, as of the last time that it was touched. */
export interface Line {
  readonly row: Row;
  at: number;
  conv: number;
  pinned: number;
  isArchived: boolean;
  /** There is something to show. */
  isShown: boolean;
}

export function createRows(sources: RowSources): Rows {
  const lines = new Map<string, Line>();
  const touched = new Set<Line>();
  let ordered: readonly Line[] = [];
  const [rows, setRows] = createSignal<readonly Row[]>([]);
  const [archived, setArchived] = createSignal<readonly Row[]>([]);
  return {
    rows,
    archived,
    touch(place) {
      const key = draftKey(place);
      let line = lines.get(key);
      if (line === undefined) lines.set(key, (line = { row: makeRow(key, place, sources), at: 0, conv: 0, pinned: 0, isArchived: false, isShown: false }));
      touched.add(line);
    },
    settle() {
      const moved = untrack(() => [...touched].filter(refresh));
      touched.clear();
      if (moved.length === 0) return;
      ordered = reordered(ordered, moved);
      const some = (isAway: boolean) => ordered.filter((line) => line.isArchived === isAway).map((line) => line.row);
      batch(() => {
        setRows(some(false));
        if (moved.some((line) => line.isArchived) || archived().length > 0) setArchived(some(true));
      });
    },
  };
}

/** Of ten thousand lines in order, a few have moved: the others are not compared with each other again. */
export function reordered(ordered: readonly Line[], moved: readonly Line[]): Line[] {
  const isMoved = new Set(moved);
  const rest = ordered.filter((line) => !isMoved.has(line));
  const coming = moved.filter((line) => line.isShown).sort(compare);
  const next: Line[] = [];
  let at = 0;
  for (const line of coming) {
    for (let other = rest[at]; other !== undefined && compare(other, line) < 0; other = rest[++at]) next.push(other);
    next.push(line);
  }
  for (; at < rest.length; at++) next.push(rest[at] as Line);
  return next;
}

/** Those at the top, then the latest first. Two at the same time keep one order, so that the list does not flicker. */
function compare(a: Line, b: Line): number {
  return b.pinned - a.pinned || b.at - a.at || b.conv - a.conv || (a.row.key < b.row.key ? -1 : 1);
}

/** Reads anew what the line is sorted by; whether that changed. */
function refresh(line: Line): boolean {
  const { row } = line;
  const { at, conversation } = row;
  const isShown = row.pending !== null || (conversation === null ? row.draft !== "" : !isHidden(conversation));
  const [pinned, isAway] = [pinnedAt(conversation), isArchived(conversation)];
  const conv = conversation?.conv ?? Number.MAX_SAFE_INTEGER;
  const isSame = line.at === at && line.conv === conv && line.isShown === isShown && line.pinned === pinned && line.isArchived === isAway;
  Object.assign(line, { at, conv, isShown, pinned, isArchived: isAway });
  return !isSame;
}

function makeRow(key: string, place: Place, sources: RowSources): Row {
  return {
    key,
    place,
    get conversation() {
      return sources.conversation(place);
    },
    get title() {
      return sources.title(place);
    },
    get unread() {
      return sources.conversation(place)?.unread ?? 0;
    },
    get mentions() {
      return sources.conversation(place)?.mentions ?? 0;
    },
    get last() {
      return sources.conversation(place)?.last ?? null;
    },
    get pending() {
      return sources.outgoing(place).findLast((one) => one.append.type === "send") ?? null;
    },
    get draft() {
      return sources.draft(place);
    },
    get isMuted() {
      return isMuted(sources.conversation(place), sources.now());
    },
    get isPinned() {
      return pinnedAt(sources.conversation(place)) > 0;
    },
    get isMarked() {
      return isMarked(sources.conversation(place));
    },
    get at() {
      const pending = sources.outgoing(place).findLast((one) => one.append.type === "send");
      return Math.max(sources.conversation(place)?.last?.at ?? 0, pending?.at ?? 0);
    },
  };
}
