/**
 * How large a page may be: what the link took lately in two seconds.
 *
 * A page is one frame, and a frame is whole or nothing: while a large one comes over a slow link, nothing else
 * does, and nothing shows that anything comes. So pages follow the link. What was never measured begins small.
 *
 * Owns: the measure. Not here: what is asked for (`Incoming`).
 */
import { LIMITS } from "../../wire.gen.ts";

/** All times in ms. */
export interface Paging {
  /** A page of a link that was never measured, in bytes. */
  readonly firstBytes: number;
  /** A page of the slowest link. */
  readonly leastBytes: number;
  /** How long a page may take. */
  readonly pageTime: number;
  /** A link whose pages are smaller than this is slow: it is asked for the list of conversations first, and
   * then only for what is missing. */
  readonly slowBytes: number;
  /** Fetches outstanding at a time over a slow link: one is on its way while the next is asked for. */
  readonly slowFetches: number;
}

export const PAGING: Paging = {
  firstBytes: 8 * 1024,
  leastBytes: 2 * 1024,
  pageTime: 2000,
  slowBytes: 64 * 1024,
  slowFetches: 2,
};

/** An answer of fewer bytes tells of the way there and back, and not of how much comes. */
const TELLING_BYTES = 1024;

/** A measure lets the next page grow so much, at most: a small page may have come from a buffer on the way. */
const GROWTH = 64;

/** A conversation of a list, with the name of who is in it, in bytes. */
const ROW_BYTES = 100;

/** Conversations in the page of a list, at least. */
const LEAST_ROWS = 10;

export class Pages {
  readonly #paging: Paging;
  /** The bytes that it takes in the time of a page; null while that was never measured. */
  #bytes: number | null = null;
  /** The shortest time from a question to its answer. */
  #roundTrip: number | null = null;
  /** When the last answer had come: before that the link was busy with it. */
  #freeAt = 0;
  /** The size of the answer that is being taken in. */
  #weight = 0;

  constructor(paging: Paging) {
    this.#paging = paging;
  }

  /** A small answer took so long. */
  roundTrip(took: number): void {
    this.#roundTrip = Math.min(this.#roundTrip ?? took, took);
  }

  /** The answer that is taken in next has so many bytes. */
  weigh(bytes: number): void {
    this.#weight = bytes;
  }

  /** An answer that was asked for then has come. One that was not weighed tells nothing. */
  answered(askedAt: number, now: number): void {
    const weight = this.#weight;
    this.#weight = 0;
    const took = Math.max(0, now - Math.max(askedAt, this.#freeAt));
    const isAlone = askedAt >= this.#freeAt;
    this.#freeAt = now;
    if (weight === 0) return;
    if (weight < TELLING_BYTES) {
      if (isAlone) this.roundTrip(took);
      return;
    }
    // A page that was asked for while another one came has no way there and back of its own.
    const way = isAlone ? (this.#roundTrip ?? 0) : 0;
    const coming = Math.max(took - way, took / 8, 1);
    const measured = Math.floor((weight * this.#paging.pageTime) / coming);
    const most = Math.min(this.page * GROWTH, LIMITS.PAGE_BYTES);
    this.#bytes = Math.max(this.#paging.leastBytes, Math.min(measured, most));
  }

  /** The bytes of a page. */
  get page(): number {
    return this.#bytes ?? this.#paging.firstBytes;
  }

  /** Whether the link is slow; null while that was never measured. */
  get isSlow(): boolean | null {
    return this.#bytes === null ? null : this.#bytes < this.#paging.slowBytes;
  }

  /** The conversations in the page of a list. */
  get rows(): number {
    return Math.max(LEAST_ROWS, Math.min(Math.floor(this.page / ROW_BYTES), LIMITS.LIST_CONVERSATIONS));
  }

  /** Fetches at a time over a slow link. */
  get slowFetches(): number {
    return this.#paging.slowFetches;
  }

  /** How much longer than others an answer may take: a page may be as large as the longest text. */
  get allowance(): number {
    return this.#bytes === null ? 0 : this.#paging.pageTime * Math.ceil(LIMITS.TEXT_BYTES / this.#bytes);
  }
}
