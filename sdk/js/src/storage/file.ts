/**
 * Keeps records in a file of Node: one line of JSON for each write, read into memory at the start.
 *
 * Promises: what {@link Storage} promises; a line that a crash tore off is dropped, for nobody was
 * told of it; damage elsewhere is refused, not skipped. The file is rewritten before it grows beyond a
 * few times what it says, and is readable by its owner only.
 * Refuses: a file that a running program has open.
 */
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { MemoryStorage } from "./memory.ts";
import { TABLES } from "./storage.ts";
import type { Change, Range, Storage, StoredRecord, Table } from "./storage.ts";

/** Below this many bytes the file is not rewritten. */
const COMPACT_BYTES = 4 * 1024 * 1024;

/** It is rewritten when it is this many times as long as after the last rewriting. */
const COMPACT_FACTOR = 4;

export class FileStorage implements Storage {
  readonly kind = "file";
  readonly isShared = false;
  readonly #directory: string;
  readonly #memory = new MemoryStorage();
  #path = "";
  #file: FileHandle | null = null;
  #length = 0;
  #compacted = 0;
  /** The last write: the next one waits for it. */
  #last: Promise<void> = Promise.resolve();

  /** Keeps everything in this directory, which is made if it is missing. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  async open(name: string): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    this.#path = join(this.#directory, `${encodeURIComponent(name)}.jsonl`);
    await lock(`${this.#path}.lock`);
    const text = await readFile(this.#path, "utf8").catch(emptyIfMissing);
    const end = text.lastIndexOf("\n") + 1;
    for (const [index, line] of text.slice(0, end).split("\n").entries()) {
      if (line !== "") this.#memory.writeNow(parse(line, `${this.#path}:${index + 1}`));
    }
    this.#file = await open(this.#path, "a", 0o600);
    this.#length = Buffer.byteLength(text.slice(0, end));
    this.#compacted = this.#length;
    // What a crash tore off.
    await this.#file.truncate(this.#length);
  }

  async read(table: Table, range?: Range): Promise<StoredRecord[]> {
    return this.#memory.readNow(table, range);
  }

  async write(changes: Change[], strict = false): Promise<void> {
    const turn = this.#last.then(() => this.#append(changes, strict));
    this.#last = turn.catch(() => {});
    await turn;
  }

  async close(): Promise<void> {
    await this.#last;
    await this.#file?.close();
    if (this.#file !== null) await rm(`${this.#path}.lock`, { force: true });
    this.#file = null;
  }

  async #append(changes: Change[], strict: boolean): Promise<void> {
    if (this.#file === null) throw new Error("the file is closed");
    this.#memory.check(changes);
    const line = `${JSON.stringify(changes)}\n`;
    try {
      await this.#file.appendFile(line);
    } catch (problem) {
      // The next line must not begin behind half of this one.
      await this.#file.truncate(this.#length);
      throw problem;
    }
    if (strict) await this.#file.datasync();
    this.#length += Buffer.byteLength(line);
    this.#memory.writeNow(changes);
    if (this.#length > Math.max(COMPACT_BYTES, COMPACT_FACTOR * this.#compacted)) await this.#compact();
  }

  /** Writes what there is into a new file that takes the place of the old one. */
  async #compact(): Promise<void> {
    const fresh = `${this.#path}.new`;
    const file = await open(fresh, "w", 0o600);
    let length = 0;
    for (const table of TABLES) {
      for (const { key, value } of this.#memory.readNow(table)) {
        const line = `${JSON.stringify([{ op: "put", table, key, value }])}\n`;
        await file.appendFile(line);
        length += Buffer.byteLength(line);
      }
    }
    await file.datasync();
    await file.close();
    await rename(fresh, this.#path);
    await this.#file?.close();
    this.#file = await open(this.#path, "a", 0o600);
    this.#length = length;
    this.#compacted = length;
  }
}

function parse(line: string, place: string): Change[] {
  try {
    return JSON.parse(line) as Change[];
  } catch {
    throw new Error(`${place} is damaged: move the file away to begin anew`);
  }
}

function emptyIfMissing(problem: NodeJS.ErrnoException): string {
  if (problem.code === "ENOENT") return "";
  throw problem;
}

/** Takes the lock, over a dead program's if there is one. */
async function lock(path: string): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      const file = await open(path, "wx", 0o600);
      await file.writeFile(String(process.pid));
      return await file.close();
    } catch (problem) {
      if ((problem as NodeJS.ErrnoException).code !== "EEXIST") throw problem;
    }
    const owner = Number(await readFile(path, "utf8").catch(emptyIfMissing));
    if (isRunning(owner)) throw new Error(`${path} is held by process ${owner}`);
    await rm(path, { force: true });
  }
  throw new Error(`${path} is held by another process`);
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return pid === process.pid;
  try {
    process.kill(pid, 0);
    return true;
  } catch (problem) {
    return (problem as NodeJS.ErrnoException).code === "EPERM";
  }
}
