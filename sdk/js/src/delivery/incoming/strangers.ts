/** Conversations of which pushes came, but of which no sync has told yet. */
import type { Entry } from "../../wire.gen.ts";
import { Early } from "./early.ts";

export interface Stranger {
  early: Early;
  /** The walk that was under way when the first push came: it may have missed the conversation. */
  walk: number;
}

/** Each has at least one early entry, so they are bounded as those are. */
export class Strangers {
  readonly #all = new Map<number, Stranger>();

  has(conv: number): boolean {
    return this.#all.has(conv);
  }

  clear(): void {
    this.#all.clear();
  }

  get isEmpty(): boolean {
    return this.#all.size === 0;
  }

  /** Keeps a push. Returns by how much the number of early entries grew. */
  keep(entry: Entry, walk: number, hasRoom: (early: number) => boolean): number {
    let stranger = this.#all.get(entry.conv);
    if (stranger === undefined) {
      stranger = { early: new Early(), walk };
      this.#all.set(entry.conv, stranger);
    }
    const before = stranger.early.size;
    stranger.early.insert(entry, hasRoom(before));
    return stranger.early.size - before;
  }

  take(conv: number): Stranger | undefined {
    const stranger = this.#all.get(conv);
    this.#all.delete(conv);
    return stranger;
  }

  /** Those that this walk should have shown. */
  missedBy(walk: number): number[] {
    const missed = [...this.#all].filter(([, stranger]) => stranger.walk < walk);
    return missed.map(([conv]) => conv);
  }
}
