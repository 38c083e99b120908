/**
 * One conversation's log as it is looked at.
 *
 * Owns: the window on the log, its growth in both directions, where the list stands, the divider.
 * Promises: at most {@link MOST} messages, however long the log is; a page that comes too late for
 * what is looked at now is dropped. Not here: drawing and scrolling (`list`), and what arrives live
 * (`views`, which calls {@link LogView.arrive}).
 */
import { batch, createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Conversation, Entry, Outgoing, SendUpdate } from "@hongyan/client";
import { keptAround, newerPage, olderPage } from "./pages.ts";
import type { PageSource } from "./pages.ts";
import { rowKey } from "./rows.ts";
import { amendAll, emptyWindow, hasOlder, hasRow, messageAt, trimmed, trimmedAround, withNewer, withOlder } from "./window.ts";
import type { LogWindow } from "./window.ts";

/** Messages in the window, and so on the page. */
export const MOST = 240;
/** Messages that are drawn first when a conversation is shown again: some screens full. */
export const RESTING = 40;
/** Messages asked for at a time. */
export const PAGE = 40;
/** Pages in a row that may turn out to hold no message, only edits and recalls. */
const EMPTY_PAGES = 5;

/** Where the list stands: at the end, or with a row at a distance from the top. */
export type Spot =
  | { kind: "end" }
  /** `offset` in pixels from the list's top, or as a share of its height. */
  | { kind: "row"; key: string; offset: number; share?: true }
  /** At a message that was asked for, which is marked. */
  | { kind: "seq"; seq: number };

/** What a page is got for, and what getting it may fail at. */
export type Trouble = "opening" | "older" | "newer";

export class LogView {
  /** Null until the log is opened. */
  readonly window: Accessor<LogWindow | null>;
  /** What has not come back as an entry yet, in the order of submission. */
  readonly outgoing: Accessor<readonly Outgoing[]>;
  readonly newFrom: Accessor<number | null>;
  /** What is being got, to begin with or in one direction. */
  readonly loading: Accessor<Trouble | null>;
  readonly trouble: Accessor<Trouble | null>;
  /** A seq that was asked for and that the log has not come to; null when there is none. */
  readonly missing: Accessor<number | null>;
  /** Where the list should go to now; null when it is there. */
  readonly wish: Accessor<Spot | null>;
  /** Whether the window ends where the log does, so that what arrives joins on. */
  readonly atEnd: Accessor<boolean>;
  /** Where the list stands, as it last said. */
  spot: Spot = { kind: "end" };

  readonly facts: () => Conversation | null;
  private readonly source: PageSource;
  private readonly me: () => number;
  private readonly prepare: (from: number, to: number) => Promise<void>;
  private readonly setWindow: (window: LogWindow) => void;
  private readonly setOutgoing: (outgoing: readonly Outgoing[]) => void;
  private readonly setNewFrom: (seq: number | null) => void;
  private readonly setLoading: (what: Trouble | null) => void;
  private readonly setTrouble: (trouble: Trouble | null) => void;
  private readonly setWish: (spot: Spot | null) => void;
  private readonly setAtEnd: (atEnd: boolean) => void;
  private readonly setMissing: (seq: number | null) => void;
  /** Where it was to open. */
  private asked: number | undefined;
  /** Before this seq there was nothing when it was asked for. */
  private begunAt = 0;
  /** Grows whenever the window begins anew: what was asked for before is not wanted any more. */
  private epoch = 0;
  /** What came while something was being got is to be brought in after that. */
  private isOwed = false;

  /** `prepare` gets what stands beside the messages of a stretch, before they show. */
  constructor(
    source: PageSource, facts: () => Conversation | null, me: () => number, outgoing: readonly Outgoing[],
    prepare: (from: number, to: number) => Promise<void> = () => Promise.resolve(),
  ) {
    this.prepare = prepare;
    this.source = source;
    this.facts = facts;
    this.me = me;
    [this.window, this.setWindow] = createSignal<LogWindow | null>(null);
    [this.outgoing, this.setOutgoing] = createSignal(outgoing);
    [this.newFrom, this.setNewFrom] = createSignal<number | null>(null);
    [this.loading, this.setLoading] = createSignal<Trouble | null>(null);
    [this.trouble, this.setTrouble] = createSignal<Trouble | null>(null);
    [this.atEnd, this.setAtEnd] = createSignal(false);
    [this.missing, this.setMissing] = createSignal<number | null>(null);
    [this.wish, this.setWish] = createSignal<Spot | null>(null, { equals: false });
  }

  /** Opens at `at`, else at the first unread message, else where it was left, else at the end. */
  async open(at?: number): Promise<void> {
    const facts = this.facts();
    if (facts === null) return;
    this.asked = at;
    this.setMissing(null);
    if (at !== undefined) return this.goTo(at);
    if (facts.unread > 0) return this.openUnread();
    this.setNewFrom(null);
    if (this.window() === null) return this.openEnd();
    this.setWish(this.spot);
    this.catchUp();
    this.resume();
  }

  /** Draws in what is far from where the list stands, before the list is made anew: what it takes to make
   * one is in proportion to its rows. */
  rest(): void {
    const window = this.window();
    if (window === null || window.messages.length <= RESTING) return;
    const { spot } = this;
    const seq = spot.kind === "seq" ? spot.seq : spot.kind === "row" && spot.key === "new" ? this.newFrom() : null;
    const isThere = (message: Entry): boolean =>
      message.seq === seq || (spot.kind === "row" && rowKey(message, this.me()) === spot.key);
    const next = spot.kind === "end" ? trimmed(window, RESTING, "older") : trimmedAround(window, isThere, RESTING);
    this.show(next, this.atEnd() && next.last === window.last);
  }

  /** The list went where it was asked to. */
  granted(): void {
    this.setWish(null);
  }

  /** Shows the newest messages. */
  async goToEnd(): Promise<void> {
    if (this.atEnd()) this.setWish({ kind: "end" });
    else await this.openEnd();
  }

  /** Shows a message with what stands around it; the newest ones, where the log ends before it. */
  async goTo(seq: number): Promise<void> {
    if (seq > (this.facts()?.head ?? 0)) {
      this.setMissing(seq);
      return this.goToEnd();
    }
    this.setMissing(null);
    const window = this.window();
    const wish: Spot = { kind: "seq", seq };
    if (window !== null && messageAt(window, seq) !== undefined) this.setWish(wish);
    else await this.openAround(seq, () => this.setWish((this.spot = wish)));
  }

  /** Grows upwards. */
  async older(): Promise<void> {
    const window = this.window();
    if (window === null || !hasOlder(window) || this.isBegun(window)) return;
    await this.load("older", (conv) => this.growOlder(conv));
  }

  /** Grows downwards. */
  async newer(): Promise<void> {
    if (this.window() === null || this.atEnd()) return;
    await this.load("newer", (conv) => this.growNewer(conv));
  }

  /** Tries again what failed. */
  async retry(trouble: Trouble): Promise<void> {
    if (trouble === "opening") await this.open(this.asked);
    else await (trouble === "older" ? this.older() : this.newer());
  }

  /** Entries came live, in the order of the log. `seen`: somebody is looking at the page. What comes while nobody does
   * is divided off; the divider stays until it is answered, or until what it divides off was read and more comes. */
  arrive(entries: readonly Entry[], seen: boolean): void {
    const window = this.window();
    if (window === null) return;
    const follows = this.spot.kind === "end" && this.atEnd();
    const room = this.atEnd() && window.messages.length + entries.length <= MOST;
    const next = follows || room ? withNewer(window, entries) : { ...window, messages: amendAll(window.messages, entries) };
    this.divide(entries, seen);
    this.show(follows ? trimmedInSteps(next) : next, next.last >= (entries.at(-1)?.seq ?? 0));
  }

  /** What one may not read any more goes: it was cleared. */
  cut(): void {
    const window = this.window();
    const since = this.facts()?.since ?? 1;
    if (window === null || window.first >= since) return;
    // It begins there even where it ended before: the log goes on at what one may read.
    const last = Math.max(window.last, since - 1);
    const next = { first: since, last, messages: window.messages.filter(({ seq }) => seq >= since) };
    this.show(next, this.atEnd() || this.isLast(next));
    if ((this.newFrom() ?? since) < since) this.setNewFrom(null);
  }

  /** What was asked for in vain is not wanted any more. */
  dismiss(): void {
    this.setMissing(null);
  }

  /** Brings in what the live entries left out, where the log's end is looked at; and what was asked for before it was
   * there. */
  resume(): void {
    const missing = this.missing();
    if (missing !== null && missing <= (this.facts()?.head ?? 0)) return void this.goTo(missing);
    const window = this.window();
    // Where nothing is drawn nothing scrolls, and so nobody else asks for more.
    const looksAtEnd = this.atEnd() || this.spot.kind === "end";
    if (window === null || !looksAtEnd || window.last >= (this.facts()?.held ?? 0)) return;
    if (this.loading() !== null) this.isOwed = true;
    else void this.load("newer", (conv) => this.growNewer(conv));
  }

  /** A request of this place moved on. */
  submitted({ outgoing, state }: SendUpdate): void {
    const all = this.outgoing();
    const at = all.findIndex((other) => other.clientId === outgoing.clientId);
    const isGone = state === "settled" || state === "discarded";
    if (state === "waiting" && at < 0 && outgoing.append.type === "send") {
      this.setNewFrom(null);
      this.setMissing(null);
    }
    if (!isGone) this.setOutgoing(at < 0 ? [...all, outgoing] : all.with(at, outgoing));
    else if (at >= 0) this.setOutgoing(all.toSpliced(at, 1));
  }

  private divide(entries: readonly Entry[], seen: boolean): void {
    const me = this.me();
    const said = entries.filter((entry) => entry.kind === "message");
    if (said.some((entry) => entry.from === me)) this.setNewFrom(null);
    const before = this.newFrom();
    if (seen || !said.some((entry) => entry.from !== me) || (before !== null && before > this.read())) return;
    const all = [...(this.window()?.messages ?? []).filter((entry) => entry.kind === "message"), ...said];
    const read = Math.max(this.read(), all.findLast((entry) => entry.from === me)?.seq ?? 0);
    const first = all.find((entry) => entry.seq > read && entry.recalled_by === undefined);
    if (first !== undefined) this.setNewFrom(first.seq);
  }

  /** One's own read position. */
  private read(): number {
    return this.facts()?.me.read ?? 0;
  }

  /** Everything that a window says changes in one step. */
  private show(window: LogWindow, atEnd: boolean): void {
    batch(() => {
      this.setWindow(window);
      this.setAtEnd(atEnd);
    });
  }

  /** Of a group that one has left there is no more than what is kept; and one may not be let read all of it. */
  private isBegun(window: LogWindow): boolean {
    const facts = this.facts();
    if (window.first <= Math.max(this.begunAt, facts?.since ?? 1)) return true;
    return facts?.left === true && window.first <= facts.floor;
  }

  private isLast(window: LogWindow): boolean {
    return window.last >= (this.facts()?.head ?? 0);
  }

  private openEnd(): Promise<void> {
    return this.begin(
      async (conv, facts) => {
        // What is kept ends at `held`; what lies between it and the head is on its way.
        const window = emptyWindow(Math.max(facts.held > 0 ? facts.held : facts.head, beforeAll(facts)));
        return withOlder(window, await olderPage(this.source, conv, window.first, PAGE));
      },
      () => this.setWish((this.spot = { kind: "end" })),
    );
  }

  private openAround(seq: number, arrange: (window: LogWindow) => void): Promise<void> {
    return this.begin(async (conv, facts) => {
      const kept = await keptAround(this.source, conv, seq, PAGE / 2, facts.held);
      if (kept !== null) return withNewer(emptyWindow(kept[0]!.seq - 1), kept);
      const at = Math.max(seq, beforeAll(facts));
      const [older, newer] = await Promise.all([
        olderPage(this.source, conv, at + 1, PAGE / 2),
        newerPage(this.source, conv, at, PAGE / 2),
      ]);
      return withNewer(withOlder(emptyWindow(at), older), newer);
    }, arrange);
  }

  private async openUnread(): Promise<void> {
    const me = this.me();
    const read = this.read();
    await this.openAround(read, ({ messages }) => {
      const first = messages.find((entry) => entry.kind === "message" && entry.seq > read && entry.from !== me && entry.recalled_by === undefined);
      this.spot = first === undefined ? { kind: "end" } : { kind: "row", key: "new", offset: 0.2, share: true };
      this.setNewFrom(first?.seq ?? null);
      this.setWish(this.spot);
    });
    if (this.trouble() !== null) {
      this.setNewFrom(null);
      await this.openEnd();
    }
  }

  /** Begins a new window. The old one stays in sight until the new one is there; `arrange` tells where it is to
   * stand, in the same step. */
  private async begin(
    make: (conv: number, facts: Conversation) => Promise<LogWindow>,
    arrange: (window: LogWindow) => void,
  ): Promise<void> {
    const facts = this.facts();
    if (facts === null) return;
    this.epoch += 1;
    this.begunAt = 0;
    this.setLoading(null);
    await this.load("opening", async (conv) => {
      const window = await make(conv, facts);
      await this.prepare(window.first, window.last);
      return () =>
        batch(() => {
          // Where it stands is told first: rows that are drawn for an end are kept at the end.
          arrange(window);
          this.show(window, this.isLast(window));
          // What one may read may have become less meanwhile.
          this.cut();
        });
    });
    this.catchUp();
  }

  /** Runs one load at a time; applies what it gives unless the window began anew meanwhile. */
  private async load(what: Trouble, work: (conv: number) => Promise<(() => void) | null>): Promise<void> {
    const conv = this.facts()?.conv;
    if (conv === undefined || this.loading() !== null) return;
    const epoch = this.epoch;
    this.setLoading(what);
    try {
      const apply = await work(conv);
      // What is at hand comes at once: the pane is drawn in one task, its messages in the next.
      if (what === "opening") await new Promise((next) => setTimeout(next));
      if (epoch !== this.epoch) return;
      this.setTrouble(null);
      apply?.();
    } catch {
      if (epoch === this.epoch) this.setTrouble(what);
    } finally {
      if (epoch === this.epoch) this.setLoading(null);
    }
    if (epoch !== this.epoch || !this.isOwed) return;
    this.isOwed = false;
    this.resume();
  }

  private async growOlder(conv: number): Promise<(() => void) | null> {
    let pages: Entry[] = [];
    const before = this.window()!.first;
    for (let count = 0; count < EMPTY_PAGES && !pages.some(hasRow); count += 1) {
      const page = await olderPage(this.source, conv, pages[0]?.seq ?? before, PAGE);
      if (page.length === 0) {
        this.begunAt = pages[0]?.seq ?? before;
        break;
      }
      pages = [...page, ...pages];
    }
    await this.prepare(pages[0]?.seq ?? before, before - 1);
    return () => {
      const grown = withOlder(this.window()!, pages);
      const next = trimmed(grown, MOST, "newer");
      this.show(next, this.atEnd() && next.last === grown.last);
    };
  }

  private async growNewer(conv: number): Promise<(() => void) | null> {
    let pages: Entry[] = [];
    const after = this.window()!.last;
    for (let count = 0; count < EMPTY_PAGES && !pages.some(hasRow); count += 1) {
      const page = await newerPage(this.source, conv, pages.at(-1)?.seq ?? after, PAGE);
      if (page.length === 0) break;
      pages = [...pages, ...page];
    }
    await this.prepare(after + 1, pages.at(-1)?.seq ?? after);
    return () => {
      const next = trimmed(withNewer(this.window()!, pages), MOST, "older");
      this.show(next, this.isLast(next));
    };
  }

  /** At the end, whatever came while the window was being made belongs to it. */
  private catchUp(): void {
    if (this.spot.kind === "end" && this.window() !== null && !this.atEnd()) void this.newer();
  }
}

/** The seq before the first entry that one may read: what is asked for after it joins on to it. */
function beforeAll({ since = 1 }: Conversation): number {
  return since - 1;
}

/** Trims some rows at a time rather than one with each message. */
function trimmedInSteps(window: LogWindow): LogWindow {
  return window.messages.length > MOST + PAGE ? trimmed(window, MOST, "older") : window;
}
