/**
 * A swipe with a finger.
 *
 * Promises: shows what it will do while it is held, and does it only when the finger is lifted far enough;
 * what scrolls up and down, or goes the other way first, is none. Elements that are swiped have
 * `touch-action: pan-y` in the style: the browser then leaves sideways moves to them.
 */
import { onCleanup } from "solid-js";

/** A move shorter than this has no direction yet. */
const STILL_PX = 10;

/** One finger's way, as far as it is a swipe. */
export class Swipe {
  private readonly towards: 1 | -1;
  private readonly ready: number;
  private readonly x: number;
  private readonly y: number;
  private state: "undecided" | "swiping" | "none" = "undecided";

  /** `towards` is 1 for the right; lifted beyond `ready` pixels it counts. */
  constructor(towards: 1 | -1, ready: number, x: number, y: number) {
    this.towards = towards;
    this.ready = ready;
    this.x = x;
    this.y = y;
  }

  /** How far it is; null while it is no swipe. */
  move(x: number, y: number): number | null {
    const along = (x - this.x) * this.towards;
    if (this.state === "undecided" && Math.hypot(x - this.x, y - this.y) > STILL_PX) {
      this.state = along > Math.abs(y - this.y) ? "swiping" : "none";
    }
    return this.state === "swiping" ? Math.max(0, along) : null;
  }

  /** Never was, and never will be. */
  get isOver(): boolean {
    return this.state === "none";
  }

  isReady(x: number): boolean {
    return this.state === "swiping" && (x - this.x) * this.towards >= this.ready;
  }
}

export interface SwipeHooks {
  towards: 1 | -1;
  /** Pixels after which it counts. */
  ready(): number;
  /** Whether a touch that begins so may become one. */
  begins(event: PointerEvent): boolean;
  moved(px: number, isReady: boolean): void;
  /** It is over: lifted far enough, or not. */
  ended(isDone: boolean): void;
}

/** Listens as long as the owner lives. */
export function onSwipe(element: HTMLElement, hooks: SwipeHooks): void {
  let swipe: Swipe | null = null;
  let wasReady = false;
  function end(isDone: boolean): void {
    if (swipe === null) return;
    swipe = null;
    hooks.ended(isDone);
  }
  const down = (event: PointerEvent) => {
    if (event.pointerType !== "touch" || !event.isPrimary || !hooks.begins(event)) return;
    swipe = new Swipe(hooks.towards, hooks.ready(), event.clientX, event.clientY);
    wasReady = false;
  };
  const move = (event: PointerEvent) => {
    const px = swipe?.move(event.clientX, event.clientY) ?? null;
    if (swipe?.isOver) swipe = null;
    if (swipe === null || px === null) return;
    const isReady = swipe.isReady(event.clientX);
    // Felt as well as seen, where the device can.
    if (isReady && !wasReady) navigator.vibrate?.(8);
    wasReady = isReady;
    hooks.moved(px, isReady);
  };
  const up = (event: PointerEvent) => end(swipe?.isReady(event.clientX) === true);
  const cancel = () => end(false);
  element.addEventListener("pointerdown", down);
  element.addEventListener("pointermove", move, { passive: true });
  element.addEventListener("pointerup", up);
  element.addEventListener("pointercancel", cancel);
  onCleanup(cancel);
}
