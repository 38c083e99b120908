/** Gathers what changes, and hands it over with the next frame; in a burst, some times a second. */

/** From one time to the next, at least: as often as anybody can follow, and the page stays quick. */
const PAUSE_MS = 100;
/** In a hidden page no frame comes, so a timer sees to it. */
const HIDDEN_MS = 200;

/** Returns what marks a key as changed. `flush` gets each key once, however often it was marked. */
export function batchByFrame<K>(flush: (keys: ReadonlySet<K>) => void): { mark(key: K): void; now(): void; stop(): void } {
  let marked = new Set<K>();
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = Number.NEGATIVE_INFINITY;
  const hasFrames = typeof requestAnimationFrame === "function";

  function cancel(): void {
    if (hasFrames) cancelAnimationFrame(frame);
    clearTimeout(timer);
    timer = undefined;
  }
  function now(): void {
    cancel();
    if (marked.size === 0) return;
    const keys = marked;
    marked = new Set();
    last = performance.now();
    flush(keys);
  }
  function withFrame(): void {
    timer = setTimeout(now, hasFrames ? HIDDEN_MS : 0);
    if (hasFrames) frame = requestAnimationFrame(now);
  }
  return {
    mark(key) {
      marked.add(key);
      if (timer !== undefined) return;
      const pause = last + PAUSE_MS - performance.now();
      if (pause > 0) timer = setTimeout(withFrame, pause);
      else withFrame();
    },
    now,
    stop: cancel,
  };
}
