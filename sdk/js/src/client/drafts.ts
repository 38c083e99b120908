/**
 * Unsent texts.
 *
 * Promises: a draft is shown in every tab at once, and kept a moment after the last change; what was
 * not kept yet is when the page is hidden.
 */
import type { Change, Storage } from "../storage/storage.ts";
import type { Replica } from "./replica.ts";

/** From a change to its writing, in ms: a person types several characters in it. */
const DELAY = 300;

export class Drafts {
  readonly #storage: Storage;
  readonly #replica: Replica;
  readonly #tell: (key: string, text: string) => void;
  readonly #changed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** `tell` lets the other tabs know. */
  constructor(storage: Storage, replica: Replica, tell: (key: string, text: string) => void) {
    this.#storage = storage;
    this.#replica = replica;
    this.#tell = tell;
  }

  /** Keeps nothing more: what was kept is erased. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#changed.clear();
    this.#isOver = true;
  }

  set(key: string, text: string): void {
    if (this.#isOver) return;
    if (this.#replica.draft(key) === text) return;
    this.#replica.apply([["draft", { key, text }]]);
    this.#tell(key, text);
    this.#changed.add(key);
    this.#timer ??= setTimeout(() => void this.flush(), DELAY);
  }

  /** Writes what has changed, now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const changes = [...this.#changed].map((key): Change => {
      const value = this.#replica.draft(key);
      if (value === "") return { op: "delete", table: "drafts", key };
      return { op: "put", table: "drafts", key, value };
    });
    this.#changed.clear();
    if (changes.length > 0) await this.#storage.write(changes);
  }
}
