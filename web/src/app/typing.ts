/**
 * Keys that mean the conversation, wherever in it the focus is: what is typed goes to the message box, and pages of the
 * log are turned from there.
 *
 * Promises: pure. A key that something else has a use for is left to it.
 */
import type { Key } from "./shortcuts.ts";

/** What a key at some place means for the conversation. */
export type Typing = "write" | "pageUp" | "pageDown";

/** Where the focus is, as far as keys go. */
export interface Place {
  /** Something to type into. */
  isField: boolean;
  /** The message box, with a text that is no longer than it: nothing in it scrolls. */
  isShortBox: boolean;
  /** Scrolls by itself. */
  isInLog: boolean;
}

/** Null: nothing of the conversation's. `hasAltGraph`: a modifier that is part of typing, on some layouts. */
export function typingOf(key: Key, at: Place, hasAltGraph: boolean, onApple: boolean): Typing | null {
  if (key.isComposing || key.keyCode === 229 || key.defaultPrevented) return null;
  const isChord = (key.ctrlKey || key.metaKey || key.altKey) && !hasAltGraph;
  if (key.key === "PageUp" || key.key === "PageDown") {
    const isLeft = isChord || key.shiftKey || at.isInLog || (at.isField && !at.isShortBox);
    return isLeft ? null : key.key === "PageUp" ? "pageUp" : "pageDown";
  }
  if (at.isField) return null;
  const isPaste = (onApple ? key.metaKey : key.ctrlKey) && !key.altKey && !key.shiftKey && key.key.toLowerCase() === "v";
  if (isPaste) return "write";
  // A blank presses buttons, and turns pages elsewhere.
  return !isChord && [...key.key].length === 1 && key.key !== " " ? "write" : null;
}
