/**
 * Reads the entries that are kept on this device.
 *
 * Promises: what an `entry` event has told is there, whether its write is over or not, and nothing of another history
 * after a `reset`; the end of a log that was read lately is read without the storage.
 */
import { keepable } from "../engine/keeper.ts";
import { amended } from "../log.ts";
import type { Storage } from "../storage/storage.ts";
import type { Entry, MessageReactions } from "../wire.gen.ts";
import type { Replica } from "./replica.ts";
import { Tails } from "./tails.ts";

/** Entries in a batch of {@link Cache.all}. */
const BATCH = 500;

export class Cache {
  readonly #storage: Storage;
  readonly #replica: Replica;
  readonly #tails = new Tails();
  /** How often the server turned out to have another history: for a moment the storage still has the one before. */
  #resets = 0;
  /** Since then, by conversation: the last entry that has come. What the storage has behind it is not of this history. */
  #come: Map<number, number> | null = null;

  constructor(storage: Storage, replica: Replica) {
    this.#storage = storage;
    this.#replica = replica;
    replica.on("reset", () => {
      this.#tails.clear();
      this.#resets += 1;
      this.#come = new Map();
    });
    replica.on("entry", (entry) => {
      this.#come?.set(entry.conv, Math.max(entry.seq, this.#come.get(entry.conv) ?? 0));
      this.#tails.add(entry);
    });
  }

  /** A stretch of one conversation, ascending, of what the user may read. */
  async read(conv: number, range: { before?: number; after?: number; limit: number }): Promise<Entry[]> {
    const entries = await this.#read(conv, range);
    const { since = 1 } = this.#replica.conversation(conv) ?? {};
    return (entries[0]?.seq ?? since) < since ? entries.filter(({ seq }) => seq >= since) : entries;
  }

  async #read(conv: number, range: { before?: number; after?: number; limit: number }): Promise<Entry[]> {
    const { before = Infinity, after = 0, limit } = range;
    const isForwards = range.after !== undefined;
    // A known end lets the storage read without searching for it.
    const held = this.#replica.conversation(conv)?.held ?? Number.MAX_SAFE_INTEGER;
    const come = this.#come === null ? Infinity : (this.#come.get(conv) ?? 0);
    const end = Math.min(before - 1, held, come);
    const [from, to] = isForwards ? [after + 1, Math.min(end, after + limit)] : [Math.max(after, end - limit) + 1, end];
    const tail = this.#tails.read(conv, from, to);
    if (tail !== null) return tail;
    const resets = this.#resets;
    const isForgotten = resets > 0 && (this.#replica.conversation(conv) === null || end <= after);
    const stored = (): ReturnType<Storage["read"]> =>
      this.#storage.read("entries", { from: [conv, after + 1], to: [conv, end], limit, reverse: !isForwards });
    const records = isForgotten ? [] : await stored();
    if (resets !== this.#resets) return this.#read(conv, range);
    const entries = new Map(records.map(({ value }) => [(value as Entry).seq, value as Entry]));
    for (const entry of this.#replica.recent(conv)) {
      const target = entries.get(entry.target ?? 0);
      if (target !== undefined) entries.set(target.seq, amended(target, entry) ?? target);
      if (entry.seq <= after || entry.seq >= before) continue;
      // In another history, the same place may be another entry's.
      if (entries.get(entry.seq)?.id !== entry.id) entries.set(entry.seq, keepable(entry));
    }
    const sorted = [...entries.values()].sort((one, other) => one.seq - other.seq);
    const page = isForwards ? sorted.slice(0, limit) : sorted.slice(-limit);
    if (page.at(-1)?.seq === this.#replica.conversation(conv)?.held) this.#tails.put(conv, page);
    return page;
  }

  /** How the reactions of a stretch stand, as far as is known here, ascending; messages without one are left out. */
  async reactions(conv: number, from: number, to: number): Promise<MessageReactions[]> {
    const resets = this.#resets;
    const records = await this.#storage.read("reactions", { from: [conv, Math.max(1, from)], to: [conv, to] });
    if (resets !== this.#resets) return this.reactions(conv, from, to);
    const known = new Map(records.map(({ value }) => [(value as MessageReactions).seq, value as MessageReactions]));
    for (const [seq, message] of this.#replica.reactions(conv)) if (seq >= from && seq <= to) known.set(seq, message);
    return [...known.values()].filter(({ reactions }) => reactions.length > 0).sort((one, other) => one.seq - other.seq);
  }

  /** Everything, the latest conversation first, each from its end. */
  async *all(): AsyncIterable<Entry[]> {
    for (const { conv } of this.#replica.conversations()) {
      let before = Infinity;
      for (;;) {
        const batch = await this.read(conv, { limit: BATCH, ...(before === Infinity ? {} : { before }) });
        const first = batch[0];
        if (first === undefined) break;
        yield batch.reverse();
        before = first.seq;
      }
    }
  }
}
