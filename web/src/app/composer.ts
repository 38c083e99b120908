/** Where the keyboard goes when it is asked back to the message box. */
import { onCleanup } from "solid-js";

let focus: (() => void) | null = null;

/** The conversation that shows says how to focus its message box, as long as its component lives. */
export function composerIs(focusIt: () => void): void {
  focus = focusIt;
  onCleanup(() => {
    if (focus === focusIt) focus = null;
  });
}

/** False: no conversation shows. */
export function focusComposer(): boolean {
  focus?.();
  return focus !== null;
}
