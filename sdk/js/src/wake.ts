/**
 * What a browser tells of the network, of sleep, and of who looks.
 *
 * Owns: listeners on window and document. Promises: `wake` comes as soon as anything says that the
 * network or the machine may be back; nothing happens where there is no window.
 */

/** How often the time is looked at, in ms, and by how much it must have jumped to mean sleep. */
const LOOK_EVERY = 5_000;
const SLEEP = 15_000;

export interface WakeEvents {
  wake(): void;
  /** Whether this page is seen. */
  visible(isVisible: boolean): void;
}

/** Watches; gives what stops it. */
export function watch(events: WakeEvents): () => void {
  if (typeof window === "undefined" || typeof document === "undefined") return () => {};
  const stop = new AbortController();
  const { signal } = stop;
  const wake = (): void => events.wake();
  for (const name of ["online", "focus", "pageshow"]) window.addEventListener(name, wake, { signal });
  // The connection is likely lost, which then shows at once.
  window.addEventListener("offline", wake, { signal });
  document.addEventListener("resume", wake, { signal });
  const look = (): void => events.visible(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", look, { signal });
  window.addEventListener("pagehide", () => events.visible(false), { signal });
  window.addEventListener("pageshow", look, { signal });
  look();

  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    const slept = now - last - LOOK_EVERY >= SLEEP;
    last = now;
    // A hidden page's timers are late without any sleep.
    if (slept && document.visibilityState === "visible") events.wake();
  }, LOOK_EVERY);
  return () => {
    stop.abort();
    clearInterval(timer);
  };
}
