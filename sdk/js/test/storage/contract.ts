/** What every storage engine promises. Runs in Node and in a browser alike, so it brings its own checks. */
import type { Change, Storage } from "../../src/storage/storage.ts";

export type Open = (name: string) => Promise<Storage>;

/** Each check by its name. `open` gives an engine that finds what one of the same name has kept. */
export const CONTRACT: Record<string, (open: Open) => Promise<void>> = {
  "what was written is read back by the next one of that name": async (open) => {
    const first = await open("kept");
    await first.write([put("meta", "a", { deep: [1, "二", null] }), put("drafts", "conv:1", "text")], true);
    await first.close();
    const second = await open("kept");
    same(await second.read("meta"), [{ key: "a", value: { deep: [1, "二", null] } }]);
    same(await second.read("drafts"), [{ key: "conv:1", value: "text" }]);
    await second.close();
    const other = await open("other");
    same(await other.read("meta"), []);
    await other.close();
  },

  "ranges are in the order of keys, both ends included": async (open) => {
    const storage = await open("ranges");
    const seqs = [5, 1, 10, 2, 100, 9];
    await storage.write(seqs.flatMap((seq) => [put("entries", [1, seq], seq), put("entries", [2, seq], -seq)]));
    const read = async (range: Parameters<Storage["read"]>[1]): Promise<unknown[]> =>
      (await storage.read("entries", range)).map(({ value }) => value);
    same(await read({ from: [1, 0], to: [1, Infinity] }), [1, 2, 5, 9, 10, 100]);
    same(await read({ from: [1, 2], to: [1, 10] }), [2, 5, 9, 10]);
    same(await read({ from: [1, 2], to: [1, 10], limit: 2 }), [2, 5]);
    same(await read({ from: [1, 2], to: [1, 10], limit: 2, reverse: true }), [10, 9]);
    same(await read({ from: [1, 0], to: [1, 9], limit: 3, reverse: true }), [9, 5, 2]);
    same(await read({ from: [2, 0], to: [2, 1] }), [-1]);
    same(await read({ from: [1, 3], to: [1, 4], reverse: true, limit: 5 }), []);
    same(await read({ to: [1, 1] }), [1]);
    same(await read({ from: [2, 100] }), [-100]);
    same(await read({ from: [1, 3], to: [1, 2] }), []);
    same(await read({ from: [1, 3], to: [1, 2], reverse: true, limit: 1 }), []);
    same((await read({})).length, 12);
    await storage.close();
  },

  "numbers come before texts, as keys": async (open) => {
    const storage = await open("keys");
    await storage.write([put("meta", "b", 1), put("meta", 10, 2), put("meta", 9, 3), put("meta", "B", 4)]);
    same((await storage.read("meta")).map(({ key }) => key), [9, 10, "B", "b"]);
    await storage.close();
  },

  "changes of one write take effect in their order": async (open) => {
    const storage = await open("order");
    await storage.write([put("meta", "a", 1), { op: "delete", table: "meta", key: "a" }, put("meta", "b", 1), put("meta", "b", 2)]);
    same(await storage.read("meta"), [{ key: "b", value: 2 }]);
    await storage.write([put("meta", "c", 3), { op: "clear", table: "meta" }, put("meta", "d", 4)]);
    same(await storage.read("meta"), [{ key: "d", value: 4 }]);
    const entries = [1, 2, 3, 4].map((seq) => put("entries", [7, seq], seq));
    await storage.write([...entries, { op: "deleteRange", table: "entries", from: [7, 2], to: [7, 3] }]);
    same((await storage.read("entries")).map(({ value }) => value), [1, 4]);
    await storage.write([{ op: "deleteRange", table: "entries", from: [7, 4], to: [7, 1] }]);
    same((await storage.read("entries")).map(({ value }) => value), [1, 4]);
    await storage.close();
  },

  "writes that overlap take effect in the order of the calls": async (open) => {
    const storage = await open("overlap");
    const writes = Array.from({ length: 50 }, (_, index) => storage.write([put("meta", "last", index)], index % 7 === 0));
    await Promise.all(writes);
    same(await storage.read("meta"), [{ key: "last", value: 49 }]);
    await storage.close();
  },

  "a write that fails changes nothing": async (open) => {
    const storage = await open("whole");
    await storage.write([put("meta", "a", 1)]);
    const bad = [put("meta", "a", 2), put("nowhere" as "meta", "b", 3)];
    let isRefused = false;
    await storage.write(bad).catch(() => (isRefused = true));
    same(isRefused, true);
    same(await storage.read("meta"), [{ key: "a", value: 1 }]);
    await storage.close();
  },
};

function put(table: "meta" | "drafts" | "entries", key: string | number | [number, number], value: unknown): Change {
  return { op: "put", table, key, value };
}

function same(found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`expected ${other}, found ${one}`);
}
