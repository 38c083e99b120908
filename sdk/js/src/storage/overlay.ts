/**
 * Goes on in memory when the engine below fails or does not answer, and says why.
 *
 * Promises: until the first failure, what the engine promises; from then on, what was written since
 * hides what is below, for as long as the program runs. Never rejects, and always answers: an engine that was silent
 * once is not asked again.
 */
import { MemoryStorage } from "./memory.ts";
import { SilentError, within } from "./patience.ts";
import { compareKeys } from "./storage.ts";
import type { Change, Key, Range, Storage, StoredRecord, Table } from "./storage.ts";

/** Stands in memory for a record that was deleted. */
const DELETED = Symbol("deleted");

/** What waits for a storage, in ms. Somebody looks at an empty page until it is open. */
const OPENING = 3_000;
/** A disk may be busy; but nothing is sent or acked that is not kept. */
const WORKING = 8_000;

/** Records read at a time in order to delete them. */
const ALL: Range = {};

export class OverlayStorage implements Storage {
  readonly #below: Storage;
  readonly #onProblem: (problem: string) => void;
  /** What was written since the engine failed; null while all is well. */
  #above: MemoryStorage | null = null;
  #problem: string | null = null;
  #isSilent = false;
  readonly #patience: { opening: number; working: number };

  constructor(below: Storage, onProblem: (problem: string) => void, patience = { opening: OPENING, working: WORKING }) {
    this.#below = below;
    this.#onProblem = onProblem;
    this.#patience = patience;
  }

  get kind(): string {
    return this.#above === null ? this.#below.kind : "memory";
  }

  get isShared(): boolean {
    return this.#above === null && this.#below.isShared;
  }

  /** Why it goes on in memory; null while it does not. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Whether it goes on in memory because the engine below did not answer. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  async open(name: string): Promise<void> {
    // Some open and then answer nothing: the first thing to be read tells.
    const opening = this.#below.open(name).then(() => this.#below.read("meta"));
    try {
      await within(this.#patience.opening, "the storage", opening);
    } catch (problem) {
      this.#fail(problem);
      // One that comes too late must not keep others out.
      if (this.#isSilent) void opening.then(() => this.#below.close()).catch(() => {});
    }
  }

  async read(table: Table, range: Range = {}): Promise<StoredRecord[]> {
    const below = await this.#readBelow(table, this.#above === null ? range : { ...range, limit: Infinity });
    if (this.#above === null) return below;
    const above = this.#above.readNow(table, { ...range, limit: Infinity });
    const records = merge(below, above, range.reverse === true);
    return records.filter(({ value }) => value !== DELETED).slice(0, range.limit);
  }

  async write(changes: Change[], strict?: boolean): Promise<void> {
    if (this.#above === null) {
      try {
        return await within(this.#patience.working, "a write", this.#below.write(changes, strict));
      } catch (problem) {
        this.#fail(problem);
      }
    }
    for (const change of changes) await this.#writeAbove(change);
  }

  async close(): Promise<void> {
    const closed = this.#below.close().catch(() => {});
    if (!this.#isSilent) await within(this.#patience.working, "the end", closed).catch(() => {});
  }

  async #readBelow(table: Table, range: Range): Promise<StoredRecord[]> {
    if (this.#isSilent) return [];
    const { limit, ...open } = range;
    const reading = this.#below.read(table, limit === undefined || limit === Infinity ? open : range);
    try {
      return await within(this.#patience.working, "a read", reading);
    } catch (problem) {
      this.#fail(problem);
      return [];
    }
  }

  async #writeAbove(change: Change): Promise<void> {
    const above = this.#above;
    if (above === null) return;
    if (change.op === "put") return above.writeNow([change]);
    const range = change.op === "clear" ? ALL : deleted(change);
    const hidden = await this.read(change.table, range);
    above.writeNow(
      hidden.map(({ key }): Change => ({ op: "put", table: change.table, key, value: DELETED })),
    );
  }

  #fail(problem: unknown): void {
    if (problem instanceof SilentError) this.#isSilent = true;
    if (this.#above !== null) return;
    this.#above = new MemoryStorage();
    this.#problem = problem instanceof Error ? problem.message : String(problem);
    this.#onProblem(this.#problem);
  }
}

function deleted(change: { key: Key } | { from: Key; to: Key }): Range {
  return "key" in change ? { from: change.key, to: change.key } : { from: change.from, to: change.to };
}

/** Two sorted lists as one; of two records with one key, the one above. */
function merge(below: StoredRecord[], above: StoredRecord[], reverse: boolean): StoredRecord[] {
  const sign = reverse ? -1 : 1;
  const records: StoredRecord[] = [];
  let next = 0;
  for (const record of below) {
    while (next < above.length && sign * compareKeys(above[next]!.key, record.key) < 0) records.push(above[next++]!);
    if (next < above.length && compareKeys(above[next]!.key, record.key) === 0) records.push(above[next++]!);
    else records.push(record);
  }
  return [...records, ...above.slice(next)];
}
