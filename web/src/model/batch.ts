/**
 * Gathers what changes, and hands it over with the next frame; in a burst, some times a second.
 *
 * Owns: when that is, for all that gather. Promises: they are handed theirs at the same time, in the
 * order in which they were made: who is made from another finds it up to date; what the user asks for
 * meanwhile goes first ({@link giveWay}), and nothing moves from under a finger ({@link holdWhilePressed}), but nothing
 * waits for ever.
 */

/** From one time to the next, at least: as often as anybody can follow, and the page stays quick. */
const PAUSE_MS = 100;
/** However much the user asks for. */
const LONGEST_MS = 500;
/** However long something is pressed. A click seldom takes a third of it. */
const LONGEST_PRESS_MS = 1000;
/** From a release to its click, at most: with a mouse none, with a finger some. */
const CLICK_MS = 50;
/** In a hidden page no frame comes, so a timer sees to it. */
const HIDDEN_MS = 200;

const hasFrames = typeof requestAnimationFrame === "function";
/** What hands over what is marked, by the order of making. */
const waiting = new Map<number, () => void>();
let made = 0;
let frame = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let last = Number.NEGATIVE_INFINITY;
/** When the first of what waits was marked. */
let since = 0;
/** When something was pressed, as long as it is. */
let pressed: number | null = null;

function cancel(): void {
  if (hasFrames) cancelAnimationFrame(frame);
  clearTimeout(timer);
  timer = undefined;
}

function handOver(): void {
  cancel();
  if (isHeld()) return withFrame();
  last = performance.now();
  const due = [...waiting].sort(([one], [other]) => one - other);
  for (const [, now] of due) now();
}

function withFrame(): void {
  timer = setTimeout(handOver, hasFrames ? HIDDEN_MS : 0);
  if (hasFrames) frame = requestAnimationFrame(handOver);
}

function schedule(): void {
  const pause = last + PAUSE_MS - performance.now();
  if (pause > 0) timer = setTimeout(withFrame, pause);
  else withFrame();
}

/** The user asked for something that takes a moment: it is done before the next is handed over. */
export function giveWay(): void {
  last = performance.now();
  if (timer === undefined || last - since > LONGEST_MS) return;
  cancel();
  schedule();
}

function isHeld(): boolean {
  return pressed !== null && performance.now() - pressed < LONGEST_PRESS_MS;
}

/**
 * From a press to its click nothing is handed over: where a line comes to the top of a list in between, press and release
 * are on different lines, and the browser makes no click of it, or one of the wrong line.
 */
export function holdWhilePressed(target: EventTarget): void {
  let release: ReturnType<typeof setTimeout> | undefined;
  target.addEventListener("pointerdown", () => {
    clearTimeout(release);
    pressed = performance.now();
  }, { capture: true });
  for (const name of ["pointerup", "pointercancel"]) {
    target.addEventListener(name, () => void (release = setTimeout(() => (pressed = null), CLICK_MS)), { capture: true });
  }
}

/** Returns what marks a key as changed. `flush` gets each key once, however often it was marked. */
export function batchByFrame<K>(flush: (keys: ReadonlySet<K>) => void): { mark(key: K): void; now(): void; stop(): void } {
  const order = (made += 1);
  let marked = new Set<K>();
  function now(): void {
    waiting.delete(order);
    if (marked.size === 0) return;
    const keys = marked;
    marked = new Set();
    flush(keys);
  }
  return {
    mark(key) {
      marked.add(key);
      waiting.set(order, now);
      if (timer !== undefined) return;
      since = performance.now();
      schedule();
    },
    now,
    stop: () => void waiting.delete(order),
  };
}
