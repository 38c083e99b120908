/**
 * Makes the rows of the message list.
 *
 * window + outbox → **rows** → `MessageList`
 *
 * Owns: the order, the dividers, the grouping. Promises: pure; a row that did not change is the same
 * object as before, so that nothing is drawn again; a message keeps its key when the server takes it,
 * so that its element stays. Not here: words.
 */
import type { Entry, Failure, Outgoing } from "@hongyan/client";

/** One person's messages closer together than this share a head. */
const GROUP_MS = 5 * 60_000;

const NOBODY: readonly number[] = [];

/** How far one's own message has come on this side of the server. */
export type LocalState = "waiting" | "sending" | "failed";

/** A change of a message that the server has not taken yet. */
export interface PendingChange {
  kind: "edit" | "recall";
  /** The text that an edit gives. */
  text: string | null;
  clientId: string;
  state: LocalState;
  failure: Failure | null;
}

export interface MessageRow {
  kind: "message";
  key: string;
  /** Null until its entry has come. */
  seq: number | null;
  clientId: string;
  from: number;
  own: boolean;
  at: number;
  /** Null: recalled, or of a kind that this version does not know. */
  text: string | null;
  recalled: boolean;
  edited: boolean;
  replyTo: number | null;
  /** Where it comes from, as its sender said. */
  origin: string | null;
  /** Whom it mentions. */
  mentions: readonly number[];
  /** It mentions all members of the group. */
  mentionsAll: boolean;
  /** Whether it begins a group: shows who and when. */
  begins: boolean;
  /** Whether it ends one: says when, and how far it has come. */
  ends: boolean;
  /** Null once the server has taken it. */
  local: LocalState | null;
  failure: Failure | null;
  change: PendingChange | null;
}

/** A change of a group. */
export interface EventRow {
  kind: "event";
  key: string;
  seq: number;
  at: number;
  entry: Entry;
}

export type Row =
  | MessageRow
  | EventRow
  | { kind: "day"; key: string; at: number }
  /** With its day where a day begins there: one divider rather than two. */
  | { kind: "new"; key: "new"; at: number | null };

export interface RowInput {
  me: number;
  messages: readonly Entry[];
  /** The outbox of this place, in order. */
  outgoing: readonly Outgoing[];
  /** Echoes belong below the log's end, and are left out while the window ends before it. */
  atEnd: boolean;
  /** The first unread message when the conversation was opened. */
  newFrom: number | null;
}

/** Rows by key, in order. */
export type Rows = ReadonlyMap<string, Row>;

/** Makes the rows anew, reusing those of `before` that are the same. */
export function makeRows(input: RowInput, before: Rows): Rows {
  const rows = new Map<string, Row>();
  const changes = pendingChanges(input.outgoing);
  const held = new Set<string>();
  let previous: MessageRow | null = null;
  let last: number | null = null;
  const divide = (at: number, isNew: boolean): void => {
    const day = last === null || !sameDay(last, at);
    const noon = new Date(at).setHours(12, 0, 0, 0);
    if (day && !isNew) put(rows, before, { kind: "day", key: `day:${dayOf(at)}`, at: noon });
    if (isNew) put(rows, before, { kind: "new", key: "new", at: day ? noon : null });
    last = at;
  };
  const add = (row: MessageRow): void => {
    const isNew = row.seq !== null && row.seq === input.newFrom;
    row.begins = isNew || previous === null || !sameDay(previous.at, row.at) || previous.from !== row.from || row.at - previous.at > GROUP_MS;
    // Only now it is known whether it ends a group.
    if (previous !== null) put(rows, before, { ...previous, ends: row.begins });
    divide(row.at, isNew);
    previous = row;
  };
  const addEvent = (entry: Entry): void => {
    if (previous !== null) put(rows, before, { ...previous, ends: true });
    previous = null;
    divide(entry.at, false);
    put(rows, before, { kind: "event", key: rowKey(entry, input.me), seq: entry.seq, at: entry.at, entry });
  };
  for (const entry of input.messages) {
    if (entry.from === input.me) held.add(entry.client_id);
    if (entry.kind === "event") addEvent(entry);
    else add(fromEntry(entry, input.me, changes.get(entry.seq) ?? null));
  }
  if (input.atEnd) {
    for (const outgoing of input.outgoing) {
      if (outgoing.append.type === "send" && !held.has(outgoing.clientId)) add(fromOutgoing(outgoing, input.me));
    }
  }
  if (previous !== null) put(rows, before, previous);
  return rows;
}

function put(rows: Map<string, Row>, before: Rows, row: Row): Row {
  // A clock that went back can bring a day twice; its divider stands once.
  if (rows.has(row.key)) return row;
  const old = before.get(row.key);
  const kept = old !== undefined && same(old, row) ? old : row;
  rows.set(row.key, kept);
  return kept;
}

/** The key of a message's row. One's own keeps the key that it had before it was sent. */
export function rowKey(entry: Entry, me: number): string {
  return entry.from === me ? `own:${entry.client_id}` : `seq:${entry.seq}`;
}

function fromEntry(entry: Entry, me: number, change: PendingChange | null): MessageRow {
  const own = entry.from === me;
  const recalled = entry.recalled_by !== undefined;
  return {
    kind: "message", key: rowKey(entry, me), seq: entry.seq, clientId: entry.client_id,
    from: entry.from, own, at: entry.at, text: recalled ? null : textOf(entry), recalled,
    edited: entry.edited_by !== undefined, replyTo: entry.reply_to ?? null, origin: entry.origin ?? null, mentions: entry.mentions ?? NOBODY, mentionsAll: entry.mentions_all === true,
    begins: true, ends: true, local: null, failure: null, change,
  };
}

function fromOutgoing(outgoing: Outgoing, me: number): MessageRow {
  const { append } = outgoing;
  const send = append.type === "send" ? append : null;
  return {
    kind: "message", key: `own:${outgoing.clientId}`, seq: outgoing.sent?.seq ?? null, clientId: outgoing.clientId, from: me, own: true,
    at: outgoing.at, text: send?.body.text ?? null, recalled: false, edited: false, replyTo: send?.reply_to ?? null, origin: send?.origin ?? null, mentions: send?.mentions ?? NOBODY, mentionsAll: send?.mentions_all === true,
    begins: true, ends: true, local: localState(outgoing), failure: outgoing.failure ?? null, change: null,
  };
}

/** What the server took is sent, although its entry is still on its way. */
function localState({ state }: Outgoing): LocalState | null {
  return state === "sent" ? null : state;
}

/** What a message says; null for a body that this version does not know. */
export function textOf(entry: Entry): string | null {
  return entry.body?.type === "text" ? (entry.body.text ?? null) : null;
}

/** The last change of each message that is still on its way. */
function pendingChanges(outgoing: readonly Outgoing[]): Map<number, PendingChange> {
  const changes = new Map<number, PendingChange>();
  for (const { append, clientId, state, failure } of outgoing) {
    if (append.type === "send") continue;
    const text = append.type === "edit" ? (append.body.text ?? null) : null;
    changes.set(append.seq, { kind: append.type, text, clientId, state: state === "sent" ? "sending" : state, failure: failure ?? null });
  }
  return changes;
}

function sameDay(a: number, b: number): boolean {
  return dayOf(a) === dayOf(b);
}

function dayOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`;
}

function same(a: object, b: object): boolean {
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  return Object.keys(right).every((name) => left[name] === right[name] || bothSame(left[name], right[name]));
}

function bothSame(a: unknown, b: unknown): boolean {
  return typeof a === "object" && typeof b === "object" && a !== null && b !== null && same(a, b);
}
