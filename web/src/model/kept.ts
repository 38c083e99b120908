/**
 * Small values that this browser keeps for the app.
 *
 * Promises: never throws, whatever the browser's settings say about storage; what could not be kept
 * is forgotten with the page. Not here: messages, drafts and the outbox, which the SDK keeps.
 */

const PREFIX = "hongyan.";

/** The value kept under a name; undefined when there is none. */
export function kept(name: string): unknown {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps a value; undefined removes it. */
export function keep(name: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden. The value lives as long as the page.
  }
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
