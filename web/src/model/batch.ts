/** Gathers what changes in a burst, and hands it over once a frame. */

/** In a hidden page no frame comes, so a timer sees to it. */
const HIDDEN_MS = 200;

/** Returns what marks a key as changed. `flush` gets each key once, however often it was marked. */
export function batchByFrame<K>(flush: (keys: ReadonlySet<K>) => void): { mark(key: K): void; now(): void; stop(): void } {
  let marked = new Set<K>();
  let frame = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
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
    flush(keys);
  }
  return {
    mark(key) {
      marked.add(key);
      if (timer !== undefined) return;
      timer = setTimeout(now, hasFrames ? HIDDEN_MS : 0);
      if (hasFrames) frame = requestAnimationFrame(now);
    },
    now,
    stop: cancel,
  };
}
