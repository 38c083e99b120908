/**
 * The lines of the conversation list.
 *
 * Promises: one line for each place, the same object as long as the app runs; the latest first.
 */
import { createSignal, untrack } from "solid-js";
import type { Accessor } from "solid-js";
import type { Conversation, Outgoing } from "@hongyan/client";
import { draftKey } from "./keys.ts";
import type { Place } from "./keys.ts";
import type { Row } from "./model.ts";
import type { Settings } from "./settings.ts";

/** What a line is made of. */
export interface RowSources {
  conversation(place: Place): Conversation | null;
  title(place: Place): string;
  outgoing(place: Place): readonly Outgoing[];
  draft(place: Place): string;
  settings: Pick<Settings, "isMuted">;
}

export interface Rows {
  rows: Accessor<readonly Row[]>;
  /** Sees to it that there is a line for the place. Call `sort` when all are added. */
  add(place: Place): void;
  sort(): void;
}

export function createRows(sources: RowSources): Rows {
  const byKey = new Map<string, Row>();
  const [rows, setRows] = createSignal<readonly Row[]>([]);
  return {
    rows,
    add(place) {
      const key = draftKey(place);
      if (!byKey.has(key)) byKey.set(key, makeRow(key, place, sources));
    },
    sort() {
      const next = untrack(() => sorted(byKey.values()));
      const before = untrack(rows);
      if (next.length !== before.length || next.some((row, i) => row !== before[i])) setRows(next);
    },
  };
}

/** The latest first. Lines without anything to show are left out. */
export function sorted(rows: Iterable<Row>): Row[] {
  const timed: { row: Row; at: number; conv: number }[] = [];
  for (const row of rows) {
    const conversation = row.conversation;
    if (conversation === null && row.pending === null && row.draft === "") continue;
    timed.push({ row, at: row.at, conv: conversation?.conv ?? Number.MAX_SAFE_INTEGER });
  }
  // Two at the same time keep one order, so that the list does not flicker.
  timed.sort((a, b) => b.at - a.at || b.conv - a.conv || (a.row.key < b.row.key ? -1 : 1));
  return timed.map((one) => one.row);
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
      return sources.settings.isMuted(place);
    },
    get at() {
      const pending = sources.outgoing(place).findLast((one) => one.append.type === "send");
      return Math.max(sources.conversation(place)?.last?.at ?? 0, pending?.at ?? 0);
    },
  };
}
