/**
 * Tells the Enter that sends from the Enter that ends an input method's composition.
 *
 * Owns: that one decision. Promises: Enter during composition never sends, in any of the orders of
 * events that browsers have; the next Enter that a person can press does.
 *
 * - Chromium and Firefox: `keydown` (isComposing) → `compositionend`.
 * - Safari: `compositionend` → `keydown` with keyCode 229 and isComposing false.
 * - Some input methods there: the same with keyCode 13, at once after the end; hence {@link GUARD_MS}.
 */

/** No hand presses Enter again as soon after the composition's end. */
export const GUARD_MS = 40;

/** What is looked at of a keyboard event. */
export interface KeyFacts {
  key: string;
  keyCode: number;
  isComposing: boolean;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  timeStamp: number;
}

/** Watches one text field's composition. */
export class EnterGuard {
  private composing = false;
  private endedAt = Number.NEGATIVE_INFINITY;

  compositionStart(): void {
    this.composing = true;
  }

  compositionEnd(timeStamp: number): void {
    this.composing = false;
    this.endedAt = timeStamp;
  }

  /** The key goes to the input method and means nothing to us. */
  isComposing(event: KeyFacts): boolean {
    if (this.composing || event.isComposing || event.keyCode === 229) return true;
    return event.key === "Enter" && event.timeStamp - this.endedAt < GUARD_MS;
  }

  /** Whether this key sends. `enterSends` is false on phones, where only Ctrl or Cmd with Enter does. */
  sends(event: KeyFacts, enterSends: boolean): boolean {
    if (event.key !== "Enter" || event.shiftKey || event.altKey || this.isComposing(event)) return false;
    return enterSends || event.ctrlKey || event.metaKey;
  }
}
