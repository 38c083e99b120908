/** The contract, on the engines that need no browser, and what each promises beyond it. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { FileStorage } from "../../src/storage/file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { OverlayStorage } from "../../src/storage/overlay.ts";
import type { Change, Storage, StoredRecord } from "../../src/storage/storage.ts";
import { CONTRACT } from "./contract.ts";
import type { Open } from "./contract.ts";

const directory = mkdtempSync(join(tmpdir(), "hongyan-storage-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** Memory forgets; but a name can stand for one object. */
function remembered(make: () => Storage): Open {
  const engines = new Map<string, Storage>();
  return async (name) => {
    const engine = engines.get(name) ?? make();
    engines.set(name, engine);
    return engine;
  };
}

const ENGINES: Record<string, Open> = {
  memory: remembered(() => new MemoryStorage()),
  file: async (name) => {
    const storage = new FileStorage(directory);
    await storage.open(name);
    return storage;
  },
  overlay: remembered(() => new OverlayStorage(new MemoryStorage(), () => {})),
};

for (const [engine, open] of Object.entries(ENGINES)) {
  describe(engine, () => {
    for (const [name, check] of Object.entries(CONTRACT)) {
      // An overlay takes a write that the engine below refuses: that is what it is for.
      if (engine === "overlay" && name.includes("fails")) continue;
      test(name, () => check(open));
    }
  });
}

describe("the file", () => {
  const put = (key: string, value: unknown): Change => ({ op: "put", table: "meta", key, value });
  const open = async (name: string): Promise<FileStorage> => {
    const storage = new FileStorage(directory);
    await storage.open(name);
    return storage;
  };

  test("loses only the line that a crash tore off", async () => {
    const first = await open("torn");
    await first.write([put("a", 1)], true);
    await first.close();
    appendFileSync(join(directory, "torn.jsonl"), '[{"op":"put","table":"meta","key":"b');
    const second = await open("torn");
    expect(await second.read("meta")).toEqual([{ key: "a", value: 1 }]);
    await second.write([put("c", 3)]);
    await second.close();
    const third = await open("torn");
    expect((await third.read("meta")).map(({ key }) => key)).toEqual(["a", "c"]);
    await third.close();
  });

  test("refuses damage elsewhere", async () => {
    writeFileSync(join(directory, "bad.jsonl"), '[{"op"\n[]\n');
    await expect(new FileStorage(directory).open("bad")).rejects.toThrow("bad.jsonl:1 is damaged");
  });

  test("is held by one at a time", async () => {
    const first = await open("held");
    await expect(open("held")).rejects.toThrow(`held by process ${process.pid}`);
    await first.close();
    writeFileSync(join(directory, "held.jsonl.lock"), "999999999");
    await (await open("held")).close();
  });

  test("stays a few times as long as what it says", async () => {
    const storage = await open("long");
    const text = "x".repeat(100_000);
    for (let round = 0; round < 100; round += 1) await storage.write([put("same", text + round)]);
    await storage.close();
    expect(statSync(join(directory, "long.jsonl")).size).toBeLessThan(5 * 1024 * 1024);
    const again = await open("long");
    expect(await again.read("meta")).toEqual([{ key: "same", value: `${text}99` }]);
    await again.close();
    expect(statSync(join(directory, "long.jsonl")).mode & 0o077).toBe(0);
    expect(readFileSync(join(directory, "long.jsonl"), "utf8").endsWith("\n")).toBe(true);
  });
});

describe("the overlay", () => {
  /** A disk that fills up. */
  class Full extends MemoryStorage {
    isFull = false;
    override async write(changes: Change[]): Promise<void> {
      if (this.isFull) throw new Error("the disk is full");
      return super.write(changes);
    }
  }

  /** A storage that falls silent: when it is opened, read or written. */
  class Silent extends MemoryStorage {
    isSilent: "open" | "read" | "write" | null = null;
    isClosed = false;
    answer = (): void => {};
    override open(): Promise<void> {
      return this.#unless("open", () => super.open());
    }
    override read(...asked: Parameters<MemoryStorage["read"]>): Promise<StoredRecord[]> {
      return this.#unless("read", () => super.read(...asked));
    }
    override write(changes: Change[]): Promise<void> {
      return this.#unless("write", () => super.write(changes));
    }
    override async close(): Promise<void> {
      this.isClosed = true;
    }
    async #unless<T>(what: string, act: () => Promise<T>): Promise<T> {
      if (this.isSilent === what) await new Promise<void>((answer) => (this.answer = answer));
      return act();
    }
  }

  const put = (key: string, value: unknown): Change => ({ op: "put", table: "meta", key, value });
  const patience = { opening: 500, working: 500 };

  for (const what of ["open", "read", "write"] as const) {
    test(`goes on when the storage never answers to ${what}, and asks it no more`, async () => {
      const below = new Silent();
      const problems: string[] = [];
      const storage = new OverlayStorage(below, (problem) => problems.push(problem), patience);
      if (what === "open") below.isSilent = what;
      await storage.open("any");
      below.isSilent = what;
      await storage.write([put("a", 1)]);
      await storage.read("meta");
      expect([storage.kind, storage.isSilent, storage.isShared, problems.length]).toEqual(["memory", true, false, 1]);
      await storage.write([put("b", 2)]);
      const began = performance.now();
      expect((await storage.read("meta")).map(({ key }) => key)).toContain("b");
      await storage.write([{ op: "clear", table: "meta" }]);
      expect(await storage.read("meta")).toEqual([]);
      await storage.close();
      expect(performance.now() - began, "nothing is waited for again").toBeLessThan(patience.working);
    });
  }

  test("a storage that opens too late is closed", async () => {
    const below = new Silent();
    below.isSilent = "open";
    const storage = new OverlayStorage(below, () => {}, patience);
    await storage.open("any");
    expect(below.isClosed).toBe(false);
    below.isSilent = null;
    below.answer();
    await expect.poll(() => below.isClosed).toBe(true);
  });

  test("goes on in memory, over what is below, and says why once", async () => {
    const below = new Full();
    const problems: string[] = [];
    const storage = new OverlayStorage(below, (problem) => problems.push(problem));
    await storage.open("any");
    const entry = (seq: number, value: unknown): Change => ({ op: "put", table: "entries", key: [1, seq], value });
    await storage.write([1, 2, 3, 4].map((seq) => entry(seq, `below ${seq}`)));
    below.isFull = true;
    await storage.write([entry(2, "above 2"), entry(5, "above 5")]);
    await storage.write([{ op: "delete", table: "entries", key: [1, 3] }]);
    const values = (records: StoredRecord[]): unknown[] => records.map(({ value }) => value);
    expect(values(await storage.read("entries"))).toEqual(["below 1", "above 2", "below 4", "above 5"]);
    const last = await storage.read("entries", { from: [1, 0], to: [1, 5], limit: 3, reverse: true });
    expect(values(last)).toEqual(["above 5", "below 4", "above 2"]);
    await storage.write([{ op: "deleteRange", table: "entries", from: [1, 1], to: [1, 4] }]);
    expect(values(await storage.read("entries"))).toEqual(["above 5"]);
    expect(problems).toEqual(["the disk is full"]);
    expect(storage.kind).toBe("memory");
  });
});
