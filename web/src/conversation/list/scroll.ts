/**
 * Keeps the list where it is while its rows come, go and grow.
 *
 * Owns: the scroll position. Promises: at the end it stays at the end; elsewhere the first message
 * in sight stays where it is, whatever happens above or below; it is put right before the change is
 * painted. Not here: which rows there are.
 *
 * The browsers' own scroll anchoring is switched off in the style: not all have it, and it does not
 * know about the end.
 */
import type { Spot } from "../log/view.ts";

/** Closer to the end than this counts as there. */
const END_PX = 32;
/** Closer to an edge than this, more is asked for. */
const EDGE_PX = 800;
/** Who has just opened a conversation may be on the way to another: until then only what fills the list is asked
 * for. Sooner than anybody scrolls {@link EDGE_PX}. */
const SETTLED_MS = 250;
/** Where a message that was jumped to stands, as a share of the height. */
const JUMP_SHARE = 0.3;

export interface ScrollHooks {
  /** Whether the list's last row is the log's last message. */
  isWhole(): boolean;
  moved(spot: Spot): void;
  nearTop(): void;
  nearBottom(): void;
}

export class Scroll {
  private readonly scroller: HTMLElement;
  private readonly content: HTMLElement;
  private readonly hooks: ScrollHooks;
  private readonly observer: ResizeObserver;
  private readonly timer: ReturnType<typeof setTimeout>;
  private spot: Spot;
  private height = 0;
  private isSettled = false;

  constructor(scroller: HTMLElement, content: HTMLElement, spot: Spot, hooks: ScrollHooks) {
    this.scroller = scroller;
    this.content = content;
    this.spot = spot;
    this.hooks = hooks;
    this.observer = new ResizeObserver(() => this.keep());
    this.observer.observe(content);
    this.observer.observe(scroller);
    this.timer = setTimeout(() => {
      this.isSettled = true;
      this.keep();
    }, SETTLED_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.observer.disconnect();
  }

  /** Goes to a spot; answers the row that was asked for, if it is there. */
  go(spot: Spot): HTMLElement | null {
    const row = spot.kind === "seq" ? this.rowOfSeq(spot.seq) : spot.kind === "row" ? this.rowOfKey(spot.key) : null;
    if (spot.kind !== "end" && row !== null) {
      this.spot = { kind: "row", key: row.dataset["key"]!, offset: this.offsetOf(spot, row) };
    } else if (spot.kind === "end" || this.hooks.isWhole()) {
      // What was asked for is gone, or not there yet: then it is asked for again.
      this.spot = { kind: "end" };
    }
    this.keep();
    return row;
  }

  private offsetOf(spot: Exclude<Spot, { kind: "end" }>, row: HTMLElement): number {
    if (spot.kind === "row" && spot.share === undefined) return spot.offset;
    const height = this.scroller.clientHeight;
    const share = spot.kind === "row" ? spot.offset : JUMP_SHARE;
    return Math.min(share * height, Math.max(0, height - row.offsetHeight));
  }

  /** Puts the list back to its spot, after rows changed. */
  keep(): void {
    this.height = this.scroller.scrollHeight;
    if (this.spot.kind === "end") {
      this.scroller.scrollTop = this.height;
    } else if (this.spot.kind === "row") {
      const row = this.rowOfKey(this.spot.key);
      if (row !== null) {
        const moved = row.getBoundingClientRect().top - this.top() - this.spot.offset;
        if (Math.abs(moved) > 0.5) this.scroller.scrollTop += moved;
      }
    }
    this.tell();
  }

  /** The list was scrolled, by hand or by {@link keep}. */
  scrolled(): void {
    // Rows changed and the browser moved the list before we could: that is no wish of anybody's.
    if (this.scroller.scrollHeight !== this.height) {
      this.keep();
      return;
    }
    const row = this.firstVisible();
    if (row !== null) this.spot = { kind: "row", key: row.dataset["key"]!, offset: row.getBoundingClientRect().top - this.top() };
    this.tell();
  }

  /** The last message that can be read, at least its beginning; null when none can. */
  lastReadable(): number | null {
    const bottom = this.top() + this.scroller.clientHeight;
    const rows = this.content.children;
    let at = this.search((row) => row.getBoundingClientRect().top >= bottom);
    for (at -= 1; at >= 0; at -= 1) {
      const row = rows[at] as HTMLElement;
      const box = row.getBoundingClientRect();
      if (box.bottom <= this.top()) return null;
      const seq = row.dataset["seq"];
      if (seq !== undefined && box.top + Math.min(box.height, 48) <= bottom + 1) return Number(seq);
    }
    return null;
  }

  /** The rows that can be seen, at least in part. */
  inSight(): HTMLElement[] {
    const [top, bottom] = [this.top(), this.top() + this.scroller.clientHeight];
    const from = this.search((row) => row.getBoundingClientRect().bottom > top);
    const to = this.search((row) => row.getBoundingClientRect().top >= bottom);
    return [...this.content.children].slice(from, to) as HTMLElement[];
  }

  private tell(): void {
    const { scrollTop, clientHeight } = this.scroller;
    const below = this.height - scrollTop - clientHeight;
    if (below <= END_PX && this.hooks.isWhole()) this.spot = { kind: "end" };
    this.hooks.moved(this.spot);
    const edge = this.isSettled ? EDGE_PX : 1;
    if (scrollTop < edge) this.hooks.nearTop();
    if (below < edge) this.hooks.nearBottom();
  }

  /** The first message in sight. Not a divider: that of a day moves up when older messages of it come. */
  private firstVisible(): HTMLElement | null {
    const top = this.top();
    const rows = this.content.children;
    for (let at = this.search((row) => row.getBoundingClientRect().bottom > top + 1); at < rows.length; at += 1) {
      const row = rows[at] as HTMLElement;
      if (row.localName === "article") return row;
    }
    return null;
  }

  /** The first child for which something holds that holds for all after it. */
  private search(holds: (row: Element) => boolean): number {
    const rows = this.content.children;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (holds(rows[middle]!)) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private top(): number {
    return this.scroller.getBoundingClientRect().top;
  }

  private rowOfKey(key: string): HTMLElement | null {
    return this.content.querySelector<HTMLElement>(`:scope > [data-key="${CSS.escape(key)}"]`);
  }

  /** The row of a message; where the seq is no message's, that of the last one before it. */
  private rowOfSeq(seq: number): HTMLElement | null {
    let found: HTMLElement | null = null;
    for (const row of this.content.querySelectorAll<HTMLElement>(":scope > [data-seq]")) {
      if (Number(row.dataset["seq"]) > seq) break;
      found = row;
    }
    return found;
  }
}
