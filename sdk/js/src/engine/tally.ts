/**
 * Messages that are to be read, of all or of one kind: those that are known, and as many older ones as the server counted.
 *
 * Promises: a message is counted once, whether the server has counted it or it is held. Not here: which messages these are
 * (`Row`).
 */

export class Tally {
  /** Those that are known, ascending. */
  #seqs: number[];
  /** As many others below what is held. */
  #older: number;

  constructor(seqs: readonly number[] = [], older = 0) {
    this.#seqs = [...seqs];
    this.#older = older;
  }

  get seqs(): readonly number[] {
    return this.#seqs;
  }

  get older(): number {
    return this.#older;
  }

  add(seq: number): void {
    this.#seqs.push(seq);
  }

  /** One of those that are known counts no more; whether it did. */
  remove(seq: number): boolean {
    const before = this.#seqs.length;
    this.#seqs = this.#seqs.filter((one) => one !== seq);
    return this.#seqs.length < before;
  }

  /** Of the older ones, no more than this. */
  limitOlder(most: number): void {
    this.#older = Math.max(0, Math.min(this.#older, most));
  }

  /** What stands before is nobody's to read. */
  beginAt(since: number, floor: number): void {
    this.#seqs = this.#seqs.filter((seq) => seq >= since);
    if (since > floor) this.#older = 0;
  }

  /** One of the older ones is known by now. */
  find(seq: number): void {
    if (this.#seqs.includes(seq)) return;
    this.#seqs = [...this.#seqs, seq].sort((one, other) => one - other);
    this.limitOlder(this.#older - 1);
  }

  /** The read position moved. */
  read(read: number, floor: number): void {
    this.#seqs = this.#seqs.filter((seq) => seq > read);
    if (read >= floor - 1) this.#older = 0;
  }

  /** All that the server counted up to `head` is held, or older than what is. */
  settle(counted: number, head: number, isAllHeld: boolean): void {
    const held = this.#seqs.filter((seq) => seq <= head).length;
    this.#older = isAllHeld ? 0 : Math.max(0, counted - held);
  }

  /** How many there are; `counted`: what the server said up to `head`, while not all of that is held. */
  total(counted: { count: number; head: number } | null): number {
    if (counted === null) return this.#older + this.#seqs.length;
    return counted.count + this.#seqs.filter((seq) => seq > counted.head).length;
  }
}
