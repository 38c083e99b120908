/**
 * A finger on a message.
 *
 * Promises: answers when the finger is lifted, so that lifting it does not close what was opened. A finger that moved
 * was scrolling; one that pressed long selects text, as everywhere, or ends a selection; one on a link or button means
 * that. Not here: the mouse's right button, and systems that turn a long press into a `contextmenu` event.
 */
import { onCleanup } from "solid-js";

const STILL_PX = 10;
/** What a finger means for itself. */
const OWN = "a, button, input, summary";
/** A touch beside it puts the keyboard of the screen away. */
const WRITTEN_IN = "textarea, input";

/** Calls `act` for a touch that means the message as a whole. */
export function onTouch(element: HTMLElement, act: (at: { x: number; y: number }) => void): void {
  let begun: { x: number; y: number } | null = null;
  const down = (event: PointerEvent) => {
    const isOwn = (event.target as Element).closest(OWN) !== null || document.activeElement?.matches(WRITTEN_IN) === true;
    const isFinger = event.pointerType === "touch" && event.isPrimary;
    begun = isFinger && !isOwn && hasNoSelection() ? { x: event.clientX, y: event.clientY } : null;
  };
  const move = (event: PointerEvent) => {
    if (begun !== null && Math.hypot(event.clientX - begun.x, event.clientY - begun.y) > STILL_PX) begun = null;
  };
  const up = ({ clientX: x, clientY: y }: PointerEvent) => {
    // After the browser has closed what it closes when a finger is lifted elsewhere, and has selected what it selects.
    if (begun !== null) setTimeout(() => hasNoSelection() && act({ x, y }));
    begun = null;
  };
  const cancel = () => (begun = null);
  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move, { passive: true });
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", cancel);
  onCleanup(cancel);
}

function hasNoSelection(): boolean {
  return getSelection()?.isCollapsed !== false;
}
