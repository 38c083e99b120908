/** The time, told once a minute. */
import { createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";

const MINUTE_MS = 60_000;

export function createNow(): Accessor<number> {
  const [now, setNow] = createSignal(Date.now());
  let timer: ReturnType<typeof setTimeout>;
  const tick = () => {
    setNow(Date.now());
    // On the minute, so that "14:05" and "yesterday" turn when the clock does.
    timer = setTimeout(tick, MINUTE_MS - (Date.now() % MINUTE_MS));
  };
  tick();
  // A laptop that slept over midnight must not show yesterday's "today" until the timer notices.
  const wake = () => document.visibilityState === "visible" && setNow(Date.now());
  if (typeof document !== "undefined") document.addEventListener("visibilitychange", wake);
  onCleanup(() => {
    clearTimeout(timer);
    if (typeof document !== "undefined") document.removeEventListener("visibilitychange", wake);
  });
  return now;
}
