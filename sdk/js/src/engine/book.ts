/**
 * What the engine knows, for the application and for the storage.
 *
 * Owns: the rows, the names, the requests of this device; what of it was not told and not written yet.
 * Promises: whatever changes is told once and written once, in the order in which it changed.
 * Not here: the machines' own state, and the entries (only those on their way to the storage).
 */
import type { ClientEvents, Happening, Outgoing } from "../client/events.ts";
import type { Incoming } from "../delivery/incoming/incoming.ts";
import type { Snapshot } from "../delivery/incoming/types.ts";
import type { Network } from "../delivery/heartbeat/memory.ts";
import type { Answered } from "../delivery/answered.ts";
import type { Append } from "../delivery/outbox.ts";
import type { Reads } from "../delivery/reads.ts";
import { amended, peerOf } from "../log.ts";
import type { Change, Table } from "../storage/storage.ts";
import type { ConversationView, Entry, Failure, Floor, HistoryPage, MessageReactions, Receipt, Sent, UserProfile, ViewChange, Viewed } from "../wire.gen.ts";
import { keepable } from "./keeper.ts";
import type { Batch } from "./keeper.ts";
import type { Loaded, Meta } from "./load.ts";
import { Row } from "./row.ts";

/** Which stretch of a log. */
export interface Range {
  before?: number;
  after?: number;
  limit?: number;
}

/** A log may grow beyond what is to be kept by this part before it is cut, so that it is cut seldom. */
const TRIM_SLACK = 0.1;

/** What is kept of logs. */
const LOGS: ReadonlySet<Table> = new Set(["conversations", "entries", "reactions"]);

export class Book {
  readonly #keepEntries: number;
  readonly #isAsked: (conv: number) => boolean;
  #me: UserProfile | null;
  readonly #rows = new Map<number, Row>();
  readonly #profiles = new Map<number, UserProfile>();
  readonly #outgoing = new Map<string, Outgoing>();
  /** Requests whose entry came before their answer. */
  readonly #early = new Map<string, Outgoing>();
  /** Edits and recalls that came while a page of their conversation was asked for: the page may be
   * older than they are. */
  readonly #amendments = new Map<number, Entry[]>();

  #happenings: Happening[] = [];
  /** Conversations that changed, to be told at the end of the turn: often many times in one. */
  readonly #changed = new Set<number>();

  #entries: Entry[] = [];
  #changes: Change[] = [];
  #isStrict = false;
  readonly #dirty = new Set<number>();
  #isCursorDirty = false;
  /** What the storage has of conversations is of another history. */
  #isReset = false;
  /** Conversations whose record says that their ack may be lost. */
  readonly #acksOwed: Set<number>;
  #reads = "[]";

  constructor(loaded: Loaded, keepEntries: number, isAsked: (conv: number) => boolean) {
    this.#keepEntries = keepEntries;
    this.#isAsked = isAsked;
    this.#me = loaded.meta.me ?? null;
    this.#acksOwed = loaded.acksOwed;
    for (const row of loaded.rows) this.#rows.set(row.conv, row);
    for (const profile of loaded.profiles) this.#profiles.set(profile.id, profile);
    for (const outgoing of loaded.outgoing) this.#outgoing.set(outgoing.clientId, outgoing);
  }

  get me(): UserProfile | null {
    return this.#me;
  }

  /** What the incoming machine goes on from. */
  snapshot({ meta, rows, acksOwed }: Loaded): Snapshot {
    return {
      ...(meta.cursors?.epoch === undefined ? {} : { epoch: meta.cursors.epoch }),
      cursor: meta.cursors?.cursor ?? null,
      walk: meta.cursors?.walk ?? null,
      held: rows.map((row) => {
        const { seq, head } = row.store(false);
        return { conv: row.conv, seq, head, isAckOwed: acksOwed.has(row.conv) };
      }),
    };
  }

  /** What a tab that joins has to be told. */
  snapshotEvents(): Happening[] {
    const profiles = [...this.#profiles.values()];
    return [
      ...(this.#me === null ? [] : [["me", this.#me] satisfies Happening]),
      ["profiles", profiles],
      ...[...this.#rows.values()].map((row): Happening => ["conversation", row.toConversation()]),
      ...[...this.#outgoing.values()].map((outgoing): Happening => ["send", update(outgoing)]),
    ];
  }

  setMe(me: UserProfile): void {
    const isNews = JSON.stringify(this.#me) !== JSON.stringify(me);
    this.#me = me;
    if (isNews) {
      this.#meta("me", me);
      this.tell("me", me);
    }
    this.profiles([me]);
  }

  tell<K extends keyof ClientEvents>(name: K, event: ClientEvents[K]): void {
    this.#happenings.push([name, event] as Happening);
  }

  /** What happened since the last call. */
  happenings(): Happening[] {
    for (const conv of this.#changed) {
      const row = this.#rows.get(conv);
      if (row !== undefined) this.tell("conversation", row.toConversation());
    }
    this.#changed.clear();
    const happenings = this.#happenings;
    this.#happenings = [];
    return happenings;
  }

  /** Names to show. */
  profiles(users: UserProfile[]): void {
    const news = users.filter((user) => {
      const known = this.#profiles.get(user.id);
      return known?.name !== user.name || known.login !== user.login || known.avatar !== user.avatar;
    });
    if (news.length === 0) return;
    for (const user of news) {
      this.#profiles.set(user.id, user);
      this.#changes.push({ op: "put", table: "users", key: user.id, value: user });
    }
    this.tell("profiles", news);
  }

  /** The stretch of a conversation that is kept; null where nothing is. */
  heldOf(conv: number): { from: number; to: number } | null {
    const row = this.#rows.get(conv);
    return row === undefined || row.floor > row.held ? null : { from: row.floor, to: row.held };
  }

  /** Whether the positions of a conversation's members are told, as far as is known. */
  isTold(conv: number): boolean {
    return this.#rows.get(conv)?.members() !== undefined;
  }

  /** What users are called now, oneself perhaps among them. */
  learn(users: UserProfile[]): void {
    const me = users.find(({ id }) => id === this.#me?.id);
    if (me !== undefined) this.setMe(me);
    this.profiles(users);
  }

  /** The 1:1 conversations among these, by the other person; by oneself, for notes to oneself. */
  directs(views: ConversationView[]): { user: number; conv: number }[] {
    const me = this.#me?.id;
    return views.flatMap((view) => {
      const user = me === undefined ? null : peerOf(view, me);
      return user === null ? [] : [{ user, conv: view.conv }];
    });
  }

  view(view: ConversationView): void {
    const row = this.#row(view.conv);
    row.view(view);
    this.#dropOutdated(row);
    this.#touch(view.conv);
  }

  /** The next entry of its conversation. */
  deliver(entry: Entry): void {
    const { conv } = entry;
    const row = this.#row(conv);
    row.meet(entry.from);
    row.deliver(entry);
    if (entry.seq >= row.since) this.#entries.push(entry);
    else row.setFloor(entry.seq + 1);
    if (entry.kind === "recall" && entry.target !== undefined) {
      this.#changes.push({ op: "delete", table: "reactions", key: [conv, entry.target] });
    }
    if (entry.target !== undefined && this.#isAsked(conv)) {
      this.#amendments.set(conv, [...(this.#amendments.get(conv) ?? []), entry]);
    }
    this.#trim(row);
    this.#touch(conv);
    this.tell("entry", entry);
    if (entry.from === this.#me?.id) this.#arrived(entry.client_id);
  }

  /** The server knows nothing of this conversation for whom it asks: one was put out of the group. */
  gone(conv: number): void {
    const row = this.#rows.get(conv);
    if (row === undefined) return;
    row.leave();
    this.#touch(conv);
  }

  receipt(receipt: Receipt): void {
    const row = this.#rows.get(receipt.conv);
    if (row?.move(receipt.user, receipt.read, receipt.delivered) !== true) return;
    this.tell("receipt", receipt);
    this.#touch(receipt.conv);
  }

  /** Moves one's own read position; whether it moved. */
  read(conv: number, seq: number): boolean {
    const row = this.#rows.get(conv);
    const me = this.#me?.id;
    if (row === undefined || me === undefined || !row.move(me, Math.min(seq, row.held), 0)) return false;
    this.#touch(conv);
    return true;
  }

  /** A page that the application asked for, made as new as the rest. It is kept where it continues
   * what is kept. */
  page(page: HistoryPage): HistoryPage {
    const amendments = this.#amendments.get(page.conv) ?? [];
    if (!this.#isAsked(page.conv)) this.#amendments.delete(page.conv);
    const entries = page.entries.map((entry) => {
      const news = amendments.filter(({ target }) => target === entry.seq);
      return keepable(news.reduce((now, by) => amended(now, by) ?? now, entry));
    });
    if (this.#rows.get(page.conv)?.look(entries) === true) this.#touch(page.conv);
    this.#keepOlder(page.conv, entries);
    return { ...page, entries };
  }

  /** The unread messages that mention the user, as the application has asked for them. */
  takeMentions(conv: number, seqs: readonly number[]): void {
    const row = this.#rows.get(conv);
    if (row === undefined) return;
    row.takeMentions(seqs);
    this.#touch(conv);
  }

  /** How many requests were not sent yet. */
  get unsent(): number {
    return [...this.#outgoing.values()].filter(({ state }) => state !== "sent").length;
  }

  outgoing(clientId: string): Outgoing | null {
    return this.#outgoing.get(clientId) ?? null;
  }

  /** Takes a request into what is kept; false when it is there already and nothing changes. */
  submit(outgoing: Outgoing): boolean {
    const known = this.#outgoing.get(outgoing.clientId);
    if (known !== undefined && known.state !== "failed") return false;
    this.#outgoing.set(outgoing.clientId, outgoing);
    this.#putOutgoing(outgoing);
    this.tell("send", { outgoing, state: "waiting" });
    return true;
  }

  sending(clientId: string): void {
    const outgoing = this.#outgoing.get(clientId);
    if (outgoing?.state !== "waiting") return;
    const sending: Outgoing = { ...outgoing, state: "sending" };
    this.#outgoing.set(clientId, sending);
    this.tell("send", { outgoing: sending, state: "sending" });
  }

  /** The connection is gone: nothing is on its way. */
  disconnected(): void {
    this.#amendments.clear();
    for (const outgoing of this.#outgoing.values()) {
      if (outgoing.state !== "sending") continue;
      const waiting: Outgoing = { ...outgoing, state: "waiting" };
      this.#outgoing.set(waiting.clientId, waiting);
      this.tell("send", { outgoing: waiting, state: "waiting" });
    }
  }

  sent(append: Append, sent: Sent): void {
    const clientId = append.client_id;
    const outgoing = this.#outgoing.get(clientId) ?? this.#early.get(clientId);
    if (outgoing === undefined) return;
    this.#changes.push({ op: "delete", table: "outbox", key: clientId });
    const row = this.#row(sent.conv);
    if (append.type === "send" && append.to !== undefined && append.to !== this.#me?.id) {
      row.meet(append.to);
      this.#touch(sent.conv);
    }
    const { conv, seq, id, at, client_id } = sent;
    const done: Outgoing = { ...outgoing, state: "sent", sent: { conv, seq, id, at, client_id } };
    this.tell("send", { outgoing: done, state: "sent", sent });
    if (this.#early.delete(clientId)) return;
    this.#outgoing.set(clientId, done);
    if (row.held >= sent.seq) this.#settle(done);
  }

  failed(clientId: string, failure: Failure): void {
    const outgoing = this.#outgoing.get(clientId);
    if (outgoing === undefined) return;
    const { code, message, retry_after_ms } = failure;
    const why = { code, message, ...(retry_after_ms === undefined ? {} : { retry_after_ms }) };
    const failed: Outgoing = { ...outgoing, state: "failed", failure: why };
    this.#outgoing.set(clientId, failed);
    this.#putOutgoing(failed);
    this.tell("send", { outgoing: failed, state: "failed" });
  }

  discard(clientId: string): void {
    const outgoing = this.#outgoing.get(clientId);
    if (outgoing === undefined) return;
    this.#outgoing.delete(clientId);
    this.#changes.push({ op: "delete", table: "outbox", key: clientId });
    this.tell("send", { outgoing, state: "discarded" });
  }

  /** A message that was answered is to be kept for a while, or no more. */
  answered(clientId: string, message: Answered | null): void {
    this.#changes.push(
      message === null ? { op: "delete", table: "answered", key: clientId } : { op: "put", table: "answered", key: clientId, value: message },
    );
  }

  /** The server has another history: nothing that it said counts any more. */
  reset(): void {
    this.#rows.clear();
    this.#early.clear();
    this.#amendments.clear();
    this.#changed.clear();
    this.#entries = [];
    this.#changes = this.#changes.filter(({ table }) => !LOGS.has(table));
    this.#dirty.clear();
    this.#acksOwed.clear();
    this.#isReset = true;
    this.#isCursorDirty = true;
    this.tell("reset", null);
  }

  /** What the user made of a conversation, as the server has it. */
  viewed({ conv, view }: Viewed): void {
    const row = this.#rows.get(conv);
    if (row?.takeView(view) !== true) return;
    this.#dropOutdated(row);
    this.#touch(conv);
  }

  /** What was said in a conversation up to a place is kept no more. */
  floor({ conv, floor }: Floor): void {
    const row = this.#rows.get(conv);
    if (row?.takeFloor(floor) !== true) return;
    this.#dropOutdated(row);
    this.#touch(conv);
  }

  /** What the user changes of a view, and the server has not confirmed. */
  wishView(conv: number, wish: ViewChange | null): void {
    this.#rows.get(conv)?.setWish(wish);
    this.#changed.add(conv);
  }

  /** How reactions stand on the server, and up to which change all is known. */
  reactions(conv: number, number: number | null, messages: MessageReactions[]): void {
    if (number !== null) this.#changes.push({ op: "put", table: "reactions", key: [conv, 0], value: number });
    for (const message of messages) {
      const key = [conv, message.seq] as const;
      // The number is kept without a reaction as well: an older state that comes late is known by it.
      this.#changes.push({ op: "put", table: "reactions", key, value: message });
    }
  }

  setNetworks(networks: Network[]): void {
    this.#meta("networks", networks);
  }

  /** A sync moved the cursor, and may have shown that acks arrived. */
  synced(incoming: Incoming): void {
    this.#isCursorDirty = true;
    for (const conv of this.#acksOwed) {
      if (incoming.heldOf(conv)?.isAckOwed === false) this.#dirty.add(conv);
    }
  }

  /** Whether there is something to write. */
  get isDirty(): boolean {
    return this.#entries.length > 0 || this.#changes.length > 0 || this.#dirty.size > 0 || this.#isCursorDirty;
  }

  /** What is to be written by now; null when there is nothing. */
  take(incoming: Incoming, reads: Reads): Batch | null {
    if (!this.isDirty) return null;
    const changes = [...this.#changes, ...this.#rowChanges(incoming)];
    if (this.#isCursorDirty) changes.push({ op: "put", table: "meta", key: "cursors", value: incoming.cursors() });
    const marks = reads.waiting();
    if (JSON.stringify(marks) !== this.#reads) {
      this.#reads = JSON.stringify(marks);
      changes.push({ op: "put", table: "meta", key: "reads", value: marks });
    }
    const batch = { entries: this.#entries, changes, strict: this.#isStrict, isReset: this.#isReset };
    this.#isReset = false;
    this.#entries = [];
    this.#changes = [];
    this.#isStrict = false;
    this.#isCursorDirty = false;
    this.#dirty.clear();
    return batch;
  }

  #rowChanges(incoming: Incoming): Change[] {
    return [...this.#dirty].flatMap((conv) => {
      const row = this.#rows.get(conv);
      const held = incoming.heldOf(conv);
      // Only met in an answer so far: the sync that follows tells of it.
      if (row === undefined || held === null) return [];
      if (held.isAckOwed) this.#acksOwed.add(conv);
      else this.#acksOwed.delete(conv);
      return [{ op: "put" as const, table: "conversations" as const, key: conv, value: { ...row.store(held.isAckOwed), head: Math.max(held.head, held.seq) } }];
    });
  }

  #row(conv: number): Row {
    const row = this.#rows.get(conv) ?? new Row(conv, this.#me?.id ?? 0);
    this.#rows.set(conv, row);
    return row;
  }

  #touch(conv: number): void {
    this.#changed.add(conv);
    this.#dirty.add(conv);
  }

  /** The entry of a request of one's own came: it stands for the request from now on. */
  #arrived(clientId: string): void {
    const outgoing = this.#outgoing.get(clientId);
    if (outgoing === undefined) return;
    if (outgoing.state !== "sent") this.#early.set(clientId, outgoing);
    this.#settle(outgoing);
  }

  #settle(outgoing: Outgoing): void {
    this.#outgoing.delete(outgoing.clientId);
    this.tell("send", { outgoing, state: "settled" });
  }

  #keepOlder(conv: number, entries: Entry[]): void {
    const row = this.#rows.get(conv);
    const first = entries[0];
    const last = entries.at(-1);
    if (row === undefined || first === undefined || last === undefined) return;
    const { floor, held } = row;
    if (first.seq >= floor || last.seq < floor - 1 || held - first.seq >= this.#keepEntries) return;
    // With those of the log's end, in one order: an edit that is delivered next may be of one of these.
    this.#entries.push(...entries.filter((entry) => entry.seq < floor));
    row.setFloor(first.seq);
    this.#touch(conv);
  }

  /** What is not the user's to read any more is not kept. */
  #dropOutdated(row: Row): void {
    const { outdated } = row;
    if (outdated === null) return;
    this.#entries = this.#entries.filter(({ conv, seq }) => conv !== row.conv || seq >= outdated);
    this.#dropBelow(row, outdated);
  }

  #trim(row: Row): void {
    const kept = row.held - row.floor + 1;
    if (kept <= this.#keepEntries * (1 + TRIM_SLACK)) return;
    this.#dropBelow(row, row.held - this.#keepEntries + 1);
  }

  #dropBelow(row: Row, floor: number): void {
    this.#changes.push({ op: "deleteRange", table: "entries", from: [row.conv, row.floor], to: [row.conv, floor - 1] });
    this.#changes.push({ op: "deleteRange", table: "reactions", from: [row.conv, 1], to: [row.conv, floor - 1] });
    row.setFloor(floor);
  }

  #putOutgoing(outgoing: Outgoing): void {
    this.#changes.push({ op: "put", table: "outbox", key: outgoing.clientId, value: outgoing });
    this.#isStrict = true;
  }

  #meta<K extends keyof Meta>(key: K, value: Meta[K]): void {
    this.#changes.push({ op: "put", table: "meta", key, value });
  }
}

function update(outgoing: Outgoing): ClientEvents["send"] {
  // A tab that joins learns the state; what the answer said it does not need.
  const state = outgoing.state === "sent" ? "sending" : outgoing.state;
  return { outgoing, state };
}
