/** The way to a moment. */
import { createEffect, createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";

const SECOND_MS = 1_000;
/** Timers take no longer times. */
const FAR_MS = 2 ** 31 - 1;

/** How long it is until a moment, in ms: told each second from `near` ms before it on, and at the moment itself. 0: it is over.
 * Call it where there is an owner. */
export function createCountdown(until: Accessor<number>, near: number): Accessor<number> {
  const [left, setLeft] = createSignal(0);
  createEffect(() => {
    const moment = until();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tick = (): void => {
      const now = Math.max(0, moment - Date.now());
      setLeft(now);
      if (now === 0) return;
      timer = setTimeout(tick, Math.min(now > near ? now - near : now % SECOND_MS || SECOND_MS, FAR_MS));
    };
    tick();
    onCleanup(() => clearTimeout(timer));
  });
  return left;
}

/** `0:07`, `12:30`, `1:02:03`. */
export function clock(ms: number): string {
  const seconds = Math.ceil(ms / SECOND_MS);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
