/**
 * Every conversation's log, exactly once and in order.
 *
 * socket → **`Incoming`** → application
 *
 * Owns: how far each conversation is held, which ones have a gap, and where sync stands.
 * Promises: `deliver` comes once for each entry, in the order of the log and without holes; buffered
 * entries and outstanding fetches are bounded; whatever pushes were lost, doubled or overtaken, the
 * gap is found and filled.
 * Not here: the entries once delivered, older history on demand, and read positions.
 */
import { LIMITS } from "../../wire.gen.ts";
import type { ConversationView, Entry, HistoryPage, Synced } from "../../wire.gen.ts";
import { ceiling, retryWait } from "../backoff.ts";
import { Early } from "./early.ts";
import { Fetches } from "./fetches.ts";
import { viewOf } from "./listed.ts";
import { Pages } from "./pages.ts";
import { Strangers } from "./strangers.ts";
import { INCOMING_POLICY } from "./types.ts";
import type { Cursors, Held, IncomingAction, IncomingPolicy, Snapshot } from "./types.ts";
import { Walk } from "./walk.ts";

/** What is missing from one conversation. */
interface Gap {
  /** The last entry known to exist. */
  head: number;
  early: Early;
  /** Failed fetches in a row. */
  failures: number;
}

export class Incoming {
  readonly #policy: IncomingPolicy;
  /** Who is connected; null while nobody is. */
  #user: number | null = null;
  /** The name of the history that is held; null where no server said it. */
  #epoch: string | null;
  /** How far each conversation was delivered: one number for each that the user ever had. */
  readonly #held = new Map<number, number>();
  /** Conversations known to go on beyond what is held. */
  readonly #gaps = new Map<number, Gap>();
  /** Conversations that wait for a sync to say where they begin. */
  readonly #strangers = new Strangers();
  /** Early entries in all gaps and strangers. */
  #earlyTotal = 0;
  readonly #fetches = new Fetches();
  readonly #walk: Walk;
  /** What the link takes; null where pages do not follow it. */
  readonly #pages: Pages | null;
  /** When the page of a sync was asked for last, and whether that was a list. */
  #asked = { at: 0, isList: false };
  /** How often the size of a page was halved, because one was too large. */
  #halvings = 0;
  /** Earned, and not poured out yet. */
  readonly #acks = new Set<number>();
  /** Poured out while this walk was the last: a connection that breaks may have swallowed them. A
   * later walk that is answered on the same connection proves that they arrived before it. */
  readonly #unconfirmed = new Map<number, number>();
  /** How far those were held that moved since the page was asked for that is waited for. The page may be older than
   * they are. */
  readonly #askedAt = new Map<number, number>();

  /** A client that holds what an earlier one had held; its entries must have been kept before. */
  constructor(policy: IncomingPolicy = INCOMING_POLICY, snapshot?: Snapshot) {
    this.#policy = policy;
    this.#epoch = snapshot?.epoch ?? null;
    this.#pages = policy.paging === undefined ? null : new Pages(policy.paging);
    this.#walk = new Walk(snapshot?.cursor ?? null, snapshot?.walk ?? null);
    for (const { conv, seq, head, isAckOwed } of snapshot?.held ?? []) {
      this.#held.set(conv, seq);
      if (head > seq) this.#gaps.set(conv, { head, early: new Early(), failures: 0 });
      if (isAckOwed) this.#unconfirmed.set(conv, 0);
    }
  }

  /** Where sync stands, for keeping. See {@link Snapshot}. */
  cursors(): Cursors {
    return { ...(this.#epoch === null ? {} : { epoch: this.#epoch }), cursor: this.#walk.cursor, walk: this.#walk.within };
  }

  /** How far one conversation is held, for keeping, in one transaction with what was delivered or
   * after it: never before. */
  heldOf(conv: number): Held | null {
    const seq = this.#held.get(conv);
    if (seq === undefined) return null;
    const isAckOwed = this.#acks.has(conv) || this.#unconfirmed.has(conv);
    return { conv, seq, head: this.#gaps.get(conv)?.head ?? seq, isAckOwed };
  }

  /** All that has to be kept to go on after a restart. */
  snapshot(): Snapshot {
    const held = [...this.#held.keys()].map((conv) => this.heldOf(conv));
    return { ...this.cursors(), held: held.filter((held) => held !== null) };
  }

  /** The server says the name of its history. Where another one is held, that is dropped. Call it before
   * `connected`. */
  historyIs(epoch: string, out: IncomingAction[]): void {
    // What was held before histories had names is taken for this one.
    const isAnother = this.#epoch !== null && this.#epoch !== epoch;
    this.#epoch = epoch;
    if (isAnother) this.#dropAll(out);
  }

  /** The connection is welcome, as this user. Repeats acks that may have been lost with the last
   * one, starts a sync, and goes on with fetches that were cut off. */
  connected(user: number, now: number, out: IncomingAction[]): void {
    this.#user = user;
    for (const conv of this.#unconfirmed.keys()) this.#acks.add(conv);
    this.flush(out);
    this.#walk.connected(now);
    for (const conv of [...this.#gaps.keys()].sort((one, other) => one - other)) this.#fetches.plan(conv, now);
    this.#ask(now, out);
  }

  /** The connection broke: whatever was asked for will not be answered. Acks are kept. */
  disconnected(): void {
    this.#user = null;
    this.#walk.disconnected();
    this.#fetches.clear();
    for (const gap of this.#gaps.values()) gap.failures = 0;
  }

  /** From a small request, such as `hello`, to its answer it took so long. Before `connected`. */
  roundTrip(took: number): void {
    this.#pages?.roundTrip(took);
  }

  /** The answer that is given next has so many bytes. */
  weigh(bytes: number): void {
    this.#pages?.weigh(bytes);
  }

  /** Something comes: what was asked for is still to be expected. */
  life(now: number): void {
    this.#walk.putOff(now + this.#patience());
    this.#fetches.putOff(now + this.#patience());
  }

  /** Bytes of a page that the link takes in good time; undefined where the server's own bounds are enough. */
  get pageBytes(): number | undefined {
    const page = this.#pages?.page;
    return page === undefined || page >= LIMITS.PAGE_BYTES ? undefined : page;
  }

  /** The same for a page that somebody else asks for and waits for: only a link that was measured to be slow
   * brings less than was asked for. */
  get wishedBytes(): number | undefined {
    return this.#pages?.isSlow === true ? this.pageBytes : undefined;
  }

  /** How much longer than others a frame may take to come. */
  get allowance(): number {
    return this.#pages?.allowance ?? 0;
  }

  /** An entry was pushed. */
  entry(entry: Entry, now: number, out: IncomingAction[]): void {
    const { conv, seq } = entry;
    if (!this.#held.has(conv)) {
      if (seq !== 1 && this.#policy.start === "recent") {
        this.#meetStranger(entry, now);
        return this.#ask(now, out);
      }
      this.#introduce(conv, 0);
      // A push says nothing of who is in the conversation; a sync does.
      this.#walk.wantAnother(now);
    }
    if (seq <= (this.#held.get(conv) ?? 0)) {
      // Pushed again because the server has no ack yet: ours to repeat.
      this.#acks.add(conv);
      return;
    }
    this.#absorb(conv, [entry], seq, now + this.#policy.reorderWait, out);
    this.#ask(now, out);
  }

  /** A request of one's own was answered, and the answer stands for the push of its entry. Where nothing
   * else was missing, that earns no ack: the server knows that this device has it. */
  answered(entry: Entry, now: number, out: IncomingAction[]): void {
    const { conv, seq } = entry;
    const held = this.#held.get(conv) ?? 0;
    // The log was faster.
    if (seq <= held) return;
    const isOwedAlready = this.#acks.has(conv);
    this.entry(entry, now, out);
    if (seq === held + 1 && this.#held.get(conv) === seq && !isOwedAlready) this.#acks.delete(conv);
  }

  /** Answers a sync. */
  synced(page: Synced, now: number, out: IncomingAction[]): void {
    if (!this.#walk.isOutstanding) return;
    this.#pages?.answered(this.#asked.at, now);
    const listed = (page.list ?? []).map((row) => viewOf(row, this.#user ?? 0));
    const views = [...listed, ...page.conversations];
    if (views.some((view) => this.#isBelow(view))) {
      this.#dropAll(out);
      this.#walk.connected(now);
      return this.#ask(now, out);
    }
    if (this.#asked.isList && this.#mayHaveAllAtOnce()) {
      // The list is there; with the texts the walk takes few pages.
      for (const view of views) out.push({ kind: "conversation", view: { ...view, entries: [] } });
      this.#walk.restart(now);
      return this.#ask(now, out);
    }
    for (const view of views) this.#view(view, now, out);
    const walk = this.#walk.page(page.cursor, page.more, now, this.#policy.resync);
    if (walk !== null) {
      for (const [conv, last] of this.#unconfirmed) {
        if (last < walk) this.#unconfirmed.delete(conv);
      }
      this.#settleStrangers(walk, now, out);
    }
    this.#ask(now, out);
  }

  /** Answers a sync: not now. `random` is uniform in [0, 1). */
  syncFailed(retryAfterMs: number | undefined, random: number, now: number): void {
    if (!this.#walk.isOutstanding) return;
    this.#walk.rest(now + retryWait(this.#policy.backoff, this.#walk.failures, retryAfterMs, random));
  }

  /** Answers a sync: the server does not take the cursor. The walk begins from nothing; what is held
   * stays held. */
  syncRefused(random: number, now: number): void {
    this.#walk.cursor = null;
    this.#walk.within = null;
    this.syncFailed(undefined, random, now);
  }

  /** A frame came that was too large to be taken: a page, as nothing else is large. To ask for as much again
   * would end the same, so from now on pages are half as large, until everything is there. Call it before
   * `disconnected`. */
  pageWasTooLarge(): void {
    this.#halvings += 1;
  }

  /** So many entries, or so many fewer as pages are smaller now: for pages that others ask for on the same
   * connection. */
  pageOf(entries: number): number {
    return Math.max(1, Math.floor(entries / 2 ** this.#halvings));
  }

  /** Answers a fetch. Pages of other `history` requests do not belong here. */
  fetched(page: HistoryPage, now: number, out: IncomingAction[]): void {
    const { conv } = page;
    const asked = this.#fetches.answered(conv);
    if (asked === null) return;
    this.#pages?.answered(asked.askedAt, now);
    if (page.head < asked.after) {
      this.#dropAll(out);
      this.#walk.connected(now);
      return this.#ask(now, out);
    }
    const before = this.#held.get(conv) ?? 0;
    this.#beginAt(conv, page.since);
    this.#absorb(conv, page.entries, page.head, now, out);
    const gap = this.#gaps.get(conv);
    if (gap !== undefined) {
      if ((this.#held.get(conv) ?? 0) > before) {
        gap.failures = 0;
        this.#fetches.plan(conv, now);
      } else {
        // The log does not have what it should: asking again at once would spin.
        this.#rest(conv, now);
      }
    }
    this.#ask(now, out);
  }

  /** Answers a fetch: not now. `random` is uniform in [0, 1). */
  fetchFailed(
    conv: number,
    retryAfterMs: number | undefined,
    random: number,
    now: number,
    out: IncomingAction[],
  ): void {
    if (this.#fetches.answered(conv) === null) return;
    const gap = this.#gaps.get(conv);
    if (gap !== undefined) {
      const wait = retryWait(this.#policy.backoff, gap.failures, retryAfterMs, random);
      gap.failures += 1;
      this.#fetches.plan(conv, now + wait);
    }
    this.#ask(now, out);
  }

  /** The user may no longer read this conversation: nothing more of it is asked for. */
  forget(conv: number, now: number, out: IncomingAction[]): void {
    this.#drop(conv);
    this.#fetches.answered(conv);
    this.#ask(now, out);
  }

  #drop(conv: number): void {
    this.#earlyTotal -= this.#gaps.get(conv)?.early.size ?? 0;
    this.#earlyTotal -= this.#strangers.take(conv)?.early.size ?? 0;
    this.#gaps.delete(conv);
    this.#fetches.cancel(conv);
    this.#acks.delete(conv);
    this.#unconfirmed.delete(conv);
  }

  /** Pours out the acks that the inputs since the last call have earned, at most one for each
   * conversation. Call it after each batch of inputs, when what was delivered is kept; where that is so only up to
   * some entry, `keptTo` says which, and an ack for the rest stays owed. */
  flush(out: IncomingAction[], keptTo: (conv: number) => number = () => Infinity): void {
    if (this.#user === null) return;
    const earned = [...this.#acks].sort((one, other) => one - other);
    this.#acks.clear();
    for (const conv of earned) {
      const held = this.#held.get(conv);
      if (held === undefined) continue;
      const seq = Math.min(held, keptTo(conv));
      if (seq < held) this.#acks.add(conv);
      if (seq < 1) continue;
      this.#unconfirmed.set(conv, this.#walk.number);
      out.push({ kind: "ack", conv, seq });
    }
  }

  /** Whether `flush` has acks to pour out. */
  get owesAcks(): boolean {
    return this.#acks.size > 0;
  }

  /** When to call `tick` next; null while not connected. */
  nextDeadline(): number | null {
    if (this.#user === null) return null;
    const walk = this.#walk.nextDeadline();
    const fetches = this.#fetches.nextDeadline(this.#slots());
    if (walk === null || fetches === null) return walk ?? fetches;
    return Math.min(walk, fetches);
  }

  /** Time passed. */
  tick(now: number, out: IncomingAction[]): void {
    if (this.#walk.isExpired(now)) {
      this.#walk.rest(now + ceiling(this.#policy.backoff, this.#walk.failures));
    }
    for (let conv = this.#fetches.expire(now); conv !== null; conv = this.#fetches.expire(now)) {
      this.#rest(conv, now);
    }
    this.#ask(now, out);
  }

  /** Everything in `conv` up to here was delivered; null where nothing is known of it. */
  held(conv: number): number | null {
    return this.#held.get(conv) ?? null;
  }

  /** Whether a sync came to its end on this connection and nothing is known to be missing. */
  get isCaughtUp(): boolean {
    const isWhole = this.#gaps.size === 0 && this.#strangers.isEmpty;
    return this.#user !== null && this.#walk.isComplete && isWhole;
  }

  /** Entries that wait for earlier ones. */
  get earlyEntries(): number {
    return this.#earlyTotal;
  }

  /** Whether less is there than was held when the page was asked for: an older state of the history was put back, and
   * nobody said so. */
  #isBelow({ conv, head }: ConversationView): boolean {
    return head < (this.#askedAt.get(conv) ?? this.#held.get(conv) ?? 0);
  }

  /** What is held is of another history than the server's: nothing of it counts. */
  #dropAll(out: IncomingAction[]): void {
    this.#held.clear();
    this.#gaps.clear();
    this.#strangers.clear();
    this.#earlyTotal = 0;
    this.#fetches.clear();
    this.#acks.clear();
    this.#unconfirmed.clear();
    this.#askedAt.clear();
    this.#walk.cursor = null;
    this.#walk.within = null;
    out.push({ kind: "reset" });
  }

  /** Takes up one conversation of a sync page. */
  #view(view: ConversationView, now: number, out: IncomingAction[]): void {
    const { conv, head, entries, since } = view;
    if (view.left === true) return this.#gone(view, out);
    out.push({ kind: "conversation", view: { ...view, entries: [] } });
    if (!this.#held.has(conv)) this.#introduce(conv, this.#start(view));
    this.#beginAt(conv, since);
    this.#absorb(conv, entries, head, now, out);
    const gap = this.#gaps.get(conv);
    // Where members are not told, the server does not keep how far it is delivered.
    const isUnknown = view.members !== undefined && (this.#held.get(conv) ?? 0) > view.me.delivered;
    if (gap === undefined && isUnknown) this.#acks.add(conv);
    // A sync knows for certain what a push may only have overtaken: no wait.
    if (gap?.failures === 0) this.#fetches.plan(conv, now);
  }

  /** A group that one has left: it ends with what is held, and there is nothing to ask for. */
  #gone({ conv, ...rest }: ConversationView, out: IncomingAction[]): void {
    this.#drop(conv);
    if (this.#held.has(conv)) out.push({ kind: "conversation", view: { conv, ...rest, entries: [] } });
  }

  /** Where a conversation begins that a sync shows for the first time. With a cursor it is new since then: this
   * device was there when it began, and has missed all of it. */
  #start({ kind, head, entries: [first] }: ConversationView): number {
    // A group may have been there long before one came into it.
    const isOld = kind === "group" || this.#walk.cursor === null;
    if (this.#policy.start === "everything" || !isOld) return 0;
    // Without entries the page was too full for them: the last few are fetched.
    return first === undefined ? Math.max(0, head - LIMITS.SYNC_ENTRIES) : Math.max(0, first.seq - 1);
  }

  /** Begins a conversation after `start`. */
  #introduce(conv: number, start: number): void {
    this.#held.set(conv, start);
    const stranger = this.#strangers.take(conv);
    if (stranger !== undefined) {
      const { early } = stranger;
      this.#gaps.set(conv, { head: early.last() ?? start, early, failures: 0 });
    }
  }

  /** Keeps a push of a conversation that no sync has introduced. Without room it is dropped: the
   * sync that it makes necessary brings it. */
  #meetStranger(entry: Entry, now: number): void {
    const { reorderEntries, reorderEntriesTotal } = this.#policy;
    const hasRoom = this.#earlyTotal < reorderEntriesTotal;
    if (!hasRoom && !this.#strangers.has(entry.conv)) return this.#walk.wantAnother(now);
    this.#walk.hurry(now);
    const fits = (early: number): boolean => hasRoom && early < reorderEntries;
    this.#earlyTotal += this.#strangers.keep(entry, this.#walk.number, fits);
  }

  /** A walk came to its end. Strangers that it should have shown and did not begin at their first entry, too;
   * for younger ones, another walk. */
  #settleStrangers(walk: number, now: number, out: IncomingAction[]): void {
    for (const conv of this.#strangers.missedBy(walk)) {
      this.#introduce(conv, 0);
      this.#absorb(conv, [], 0, now, out);
    }
    if (!this.#strangers.isEmpty) this.#walk.wantAnother(now);
  }

  /** What stands before `since` is not this user's to read: the log goes on there, whatever is held before. */
  #beginAt(conv: number, since = 1): void {
    const held = this.#held.get(conv);
    if (held !== undefined) this.#held.set(conv, Math.max(held, since - 1));
  }

  /** Delivers what is next, keeps what is early, and sees to it that what is missing is fetched, not
   * before `fetchAt`. The log reaches at least to `head`. */
  #absorb(conv: number, entries: Entry[], head: number, fetchAt: number, out: IncomingAction[]): void {
    const before = this.#held.get(conv);
    if (before === undefined) return;
    let held = before;
    const gap = this.#gaps.get(conv) ?? { head: 0, early: new Early(), failures: 0 };
    this.#gaps.delete(conv);
    this.#earlyTotal -= gap.early.size;
    gap.head = Math.max(gap.head, head);
    for (const entry of entries) {
      if (entry.seq === held + 1) {
        held = entry.seq;
        out.push({ kind: "deliver", entry });
      } else if (entry.seq > held) {
        gap.head = Math.max(gap.head, entry.seq);
        gap.early.insert(entry, this.#hasRoom(gap.early));
      }
    }
    for (let next = gap.early.take(held + 1); next !== undefined; next = gap.early.take(held + 1)) {
      held = next.seq;
      out.push({ kind: "deliver", entry: next });
    }
    this.#held.set(conv, held);
    if (held > before) {
      this.#acks.add(conv);
      if (this.#walk.isOutstanding && !this.#askedAt.has(conv)) this.#askedAt.set(conv, before);
    }
    if (gap.head <= held) return this.#fetches.cancel(conv);
    gap.early.dropUpTo(held);
    this.#earlyTotal += gap.early.size;
    this.#gaps.set(conv, gap);
    if (this.#user !== null && this.#fetches.isUnplanned(conv)) this.#fetches.plan(conv, fetchAt);
  }

  #hasRoom(early: Early): boolean {
    const { reorderEntries, reorderEntriesTotal } = this.#policy;
    return early.size < reorderEntries && this.#earlyTotal + early.size < reorderEntriesTotal;
  }

  /** Puts off the fetch of a gap after a failure. */
  #rest(conv: number, now: number): void {
    const gap = this.#gaps.get(conv);
    if (gap === undefined) return;
    this.#fetches.plan(conv, now + ceiling(this.#policy.backoff, gap.failures));
    gap.failures += 1;
  }

  /** Asks for all whose time has come. */
  #ask(now: number, out: IncomingAction[]): void {
    if (this.#user === null) return;
    if (this.isCaughtUp) this.#halvings = 0;
    const until = now + this.#patience();
    const page = this.#walk.ask(now, until);
    if (page !== null) {
      this.#askedAt.clear();
      const sync = this.#sync(page.cursor);
      this.#asked = { at: now, isList: sync.list === true };
      out.push(sync);
    }
    const after = (conv: number): number => this.#held.get(conv) ?? 0;
    for (;;) {
      const next = this.#fetches.start(this.#slots(), now, until, after);
      if (next === null) return;
      out.push(this.#fetch(next.conv));
    }
  }

  /** A page of a sync. Over a link that is slow, or was never measured and has everything to bring, the list
   * comes first, and then what is missing by itself. */
  #sync(cursor: string | null): IncomingAction & { kind: "sync" } {
    const isSmaller = this.#halvings > 0;
    const limit = isSmaller ? { limit: this.pageOf(LIMITS.SYNC_CONVERSATIONS) } : {};
    if (this.#pages === null) return { kind: "sync", cursor, ...limit };
    const hasNothing = cursor === null && this.#held.size === 0;
    if (this.#policy.start === "everything" || (this.#pages.isSlow ?? hasNothing)) {
      return { kind: "sync", cursor, list: true, limit: this.pageOf(this.#pages.rows) };
    }
    const bytes = this.pageBytes;
    return { kind: "sync", cursor, ...limit, ...(bytes === undefined ? {} : { bytes }) };
  }

  /** The next page of a gap, up to what is there already. */
  #fetch(conv: number): IncomingAction & { kind: "fetch" } {
    const after = this.#held.get(conv) ?? 0;
    const limit = this.pageOf(this.#policy.fetchEntries);
    if (this.#pages === null) return { kind: "fetch", conv, after, limit };
    const early = this.#gaps.get(conv)?.early.first() ?? null;
    const missing = early === null ? limit : Math.max(1, early - after - 1);
    const bytes = this.pageBytes;
    const wish = bytes === undefined ? {} : { bytes: Math.floor(bytes / Math.max(1, this.#slots())) };
    return { kind: "fetch", conv, after, limit: Math.min(limit, missing), ...wish };
  }

  /** Whether the list that has just come was to find out how fast the link is, and it is fast. */
  #mayHaveAllAtOnce(): boolean {
    const isFirst = this.#walk.position === null && this.#held.size === 0;
    return this.#pages?.isSlow === false && isFirst && this.#policy.start === "recent";
  }

  /** Fetches at a time. */
  #slots(): number {
    return this.#pages?.isSlow === true ? this.#pages.slowFetches : this.#policy.fetches;
  }

  /** How long an answer is waited for. */
  #patience(): number {
    return this.#policy.answerTimeout + this.allowance;
  }
}
