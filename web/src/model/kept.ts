/**
 * Small values that this browser keeps for the app.
 *
 * Promises: never throws, whatever the browser's settings say about storage; what could not be kept
 * is forgotten with the page. Not here: messages, drafts and the outbox, which the SDK keeps.
 */

const PREFIX = "hongyan.";

/** What could not be stored, and so lives as long as the page. */
const unstored = new Map<string, string>();

/** The value kept under a name; undefined when there is none. */
export function kept(name: string): unknown {
  try {
    const text = unstored.get(name) ?? localStorage.getItem(PREFIX + name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps a value; undefined removes it. */
export function keep(name: string, value: unknown): void {
  unstored.delete(name);
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden.
    if (value !== undefined) unstored.set(name, JSON.stringify(value));
  }
}

/** Forgets all that is kept under names that end with this account's. */
export function forgetAccount(account: string): void {
  try {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith(PREFIX) && name.endsWith(`.${account}`)) localStorage.removeItem(name);
    }
  } catch {
    // Nothing is kept, then.
  }
}

export interface KeptSet {
  all(): ReadonlySet<string>;
  /** Adds or removes one. */
  put(one: string, isIn: boolean): void;
}

/** A few texts, kept under a name. What is kept under it and is no list of texts counts as none. */
export function keptSet(name: string): KeptSet {
  const read = (): ReadonlySet<string> => {
    const found = kept(name);
    return new Set(Array.isArray(found) ? found.filter((one) => typeof one === "string") : []);
  };
  return {
    all: read,
    put(one, isIn) {
      const now = new Set(read());
      if (now.has(one) === isIn) return;
      if (isIn) now.add(one);
      else now.delete(one);
      keep(name, now.size === 0 ? undefined : [...now]);
    },
  };
}

/** Hears when another tab keeps a value under a name. Returns what stops it. */
export function onKept(name: string, listener: () => void): () => void {
  if (typeof window === "undefined") return () => {};
  const hear = (event: StorageEvent) => {
    if (event.key === PREFIX + name || event.key === null) listener();
  };
  window.addEventListener("storage", hear);
  return () => window.removeEventListener("storage", hear);
}
