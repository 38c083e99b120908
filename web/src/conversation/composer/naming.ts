/**
 * Completes the name of an emoji that is being written.
 *
 * Owns: what fits, and which one is chosen. Promises: nothing is offered during an input method's
 * composition; none is chosen where the colon may be punctuation, until an arrow key chooses; the names are
 * fetched when the first one is begun.
 */
import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Match, Naming } from "./emoji.ts";

/** Begins a name; cheap enough to ask at every key. */
const COLON = /:/;

/** Something is offered, and nothing is chosen. */
export const NONE = -1;

export interface Completing {
  matches: Accessor<readonly Match[]>;
  /** The one that is chosen; {@link NONE}: keys mean what they always do. */
  current: Accessor<number>;
  /** Looks at the field again. */
  look(field: HTMLTextAreaElement): void;
  close(): void;
  /** What a key does while something is offered; null when it does nothing here. */
  action(key: string): (() => void) | null;
  pick(match: Match): void;
}

/** `replace` puts an emoji in place of a name. */
export function createCompleting(replace: (naming: Naming, emoji: string) => void): Completing {
  const [matches, setMatches] = createSignal<readonly Match[]>([]);
  const [current, setCurrent] = createSignal(NONE);
  let naming: Naming | null = null;
  let looks = 0;

  async function look(field: HTMLTextAreaElement): Promise<void> {
    looks += 1;
    const asked = looks;
    const { value, selectionStart, selectionEnd } = field;
    if (selectionStart !== selectionEnd || !COLON.test(value.slice(Math.max(0, selectionStart - 24), selectionStart))) return close();
    const emoji = await import("./emoji.ts").catch(() => null);
    if (emoji === null || asked !== looks) return;
    naming = emoji.namingAt(value, selectionStart);
    setCurrent(naming?.isMeant ? 0 : NONE);
    setMatches(naming === null ? [] : emoji.matches(naming.query));
  }
  function close(): void {
    looks += 1;
    naming = null;
    setCurrent(NONE);
    setMatches([]);
  }
  function pick(match: Match): void {
    const named = naming;
    close();
    if (named !== null) replace(named, match.emoji);
  }
  function action(key: string): (() => void) | null {
    const offered = matches();
    if (offered.length === 0) return null;
    const chosen = offered[current()];
    switch (key) {
      case "ArrowDown":
        return () => setCurrent((current() + 1) % offered.length);
      case "ArrowUp":
        return () => setCurrent((Math.max(current(), 0) + offered.length - 1) % offered.length);
      case "Enter":
      case "Tab":
        return chosen === undefined ? null : () => pick(chosen);
      case "Escape":
        return close;
      default:
        return null;
    }
  }
  return { matches, current, look: (field) => void look(field), close, action, pick };
}
