/**
 * A long press with a finger.
 *
 * Promises: answers when the finger is lifted, so that lifting it does not close what was opened; a
 * finger that moved was scrolling. Not here: the mouse's right button, and systems that turn a long
 * press into a `contextmenu` event: there the press is cancelled before it ends.
 */
import { onCleanup } from "solid-js";

const LONG_MS = 450;
const STILL_PX = 10;

export function onLongPress(element: HTMLElement, act: (at: { x: number; y: number }) => void): void {
  let begun: { x: number; y: number; at: number } | null = null;
  const down = (event: PointerEvent) => {
    begun = event.pointerType === "touch" && event.isPrimary ? { x: event.clientX, y: event.clientY, at: event.timeStamp } : null;
  };
  const move = (event: PointerEvent) => {
    if (begun !== null && Math.hypot(event.clientX - begun.x, event.clientY - begun.y) > STILL_PX) begun = null;
  };
  const up = (event: PointerEvent) => {
    const { timeStamp, clientX: x, clientY: y } = event;
    // After the browser has closed what it closes when a finger is lifted elsewhere.
    if (begun !== null && timeStamp - begun.at >= LONG_MS) setTimeout(() => act({ x, y }));
    begun = null;
  };
  const cancel = () => (begun = null);
  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move, { passive: true });
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", cancel);
  onCleanup(cancel);
}
