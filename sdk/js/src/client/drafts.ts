/**
 * What is being written.
 *
 * Promises: a draft is shown in every tab at once, and kept a moment after the last change; what was
 * not kept yet is when the page is hidden. In another history a draft answers and changes nothing, and its texts stay.
 */
import type { Change, Storage } from "../storage/storage.ts";
import type { Draft } from "./events.ts";
import type { Replica } from "./replica.ts";

/** From a change to its writing, in ms: a person types several characters in it. */
const DELAY = 300;

export class Drafts {
  readonly #storage: Storage;
  readonly #replica: Replica;
  readonly #tell: (key: string, draft: Draft) => void;
  readonly #changed = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** `tell` lets the other tabs know. */
  constructor(storage: Storage, replica: Replica, tell: (key: string, draft: Draft) => void) {
    this.#storage = storage;
    this.#replica = replica;
    this.#tell = tell;
    replica.on("reset", () => this.#detach());
  }

  /** Keeps nothing more: what was kept is erased. */
  forget(): void {
    clearTimeout(this.#timer);
    this.#changed.clear();
    this.#isOver = true;
  }

  set(key: string, draft: Draft): void {
    if (this.#isOver) return;
    if (isSame(this.#replica.draft(key), draft)) return;
    this.#replica.apply([["draft", { ...draft, key }]]);
    this.#tell(key, draft);
    this.#changed.add(key);
    this.#timer ??= setTimeout(() => void this.flush(), DELAY);
  }

  /** Takes over what another device has written; `isKept`: here it is to be written. */
  take(key: string, draft: Draft, isKept: boolean): void {
    if (this.#isOver || isSame(this.#replica.draft(key), draft)) return;
    this.#replica.apply([["draft", { ...draft, key }]]);
    if (!isKept) return;
    this.#changed.add(key);
    this.#timer ??= setTimeout(() => void this.flush(), DELAY);
  }

  /** Writes what has changed, now. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const keys = [...this.#changed];
    const changes = keys.map((key): Change => {
      const value = this.#replica.draft(key);
      if (isEmptyDraft(value)) return { op: "delete", table: "drafts", key };
      return { op: "put", table: "drafts", key, value };
    });
    this.#changed.clear();
    if (changes.length === 0) return;
    await this.#storage.write(changes);
    // A tab that opened meanwhile has read what was there before, and was not there to be told.
    if (!this.#isOver) keys.forEach((key) => this.#tell(key, this.#replica.draft(key)));
  }

  /** The messages that drafts were about are gone, or are others. */
  #detach(): void {
    for (const [key, { replyTo: _, edit, aside = [], ...draft }] of this.#replica.drafts()) {
      const texts = [draft.text, edit?.text ?? "", ...aside.map(({ text }) => text)].filter((text) => text !== "");
      this.set(key, { ...draft, text: texts.join("\n") });
    }
  }
}

/** Whether nothing is being written. */
export function isEmptyDraft({ text, ...more }: Draft): boolean {
  return text === "" && Object.values(more).every((part) => part === undefined);
}

/** A draft as it is kept; an earlier version kept its text alone. */
export function restoreDraft(kept: unknown): Draft {
  return typeof kept === "string" ? { text: kept } : (kept as Draft);
}

function isSame(one: Draft, other: Draft): boolean {
  return one === other || JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(draft: Draft): unknown {
  return Object.entries(draft).filter(([, part]) => part !== undefined).sort(([a], [b]) => (a < b ? -1 : 1));
}
