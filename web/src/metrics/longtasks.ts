/** Long tasks and slow interactions, as the browser reports them. */

/** What a debug page tells. Times in ms. */
export interface Slowness {
  /** Tasks of more than 50 ms. */
  longTasks: number;
  longestTask: number;
  /** The slowest interaction but one in fifty: "interaction to next paint". Null: none yet, or unknown here. */
  inp: number | null;
  interactions: number;
}

/** The slowest are enough: one of each fifty interactions is passed over. */
const KEPT = 10;
const PASSED_OVER = 50;

const tasks = { count: 0, longest: 0 };
const slowest: { id: number; duration: number }[] = [];
let interactions = 0;

/** Begins to listen. The browser calls only when something was slow. */
export function watchSlowness(): void {
  observe("longtask", {}, (entry) => {
    tasks.count++;
    tasks.longest = Math.max(tasks.longest, entry.duration);
  });
  // 40 ms: what is faster does not need to be told of, but counts as an interaction below.
  observe("event", { durationThreshold: 40 }, (entry) => {
    const { interactionId } = entry as PerformanceEventTiming;
    if (interactionId) noteInteraction(interactionId, entry.duration);
  });
}

/** One interaction is several events; the slowest of them is what the user waited. */
export function noteInteraction(id: number, duration: number): void {
  const known = slowest.find((one) => one.id === id);
  if (known !== undefined) {
    known.duration = Math.max(known.duration, duration);
  } else {
    interactions++;
    slowest.push({ id, duration });
  }
  slowest.sort((a, b) => b.duration - a.duration);
  slowest.length = Math.min(slowest.length, KEPT);
}

export function slowness(): Slowness {
  const total = Math.max(interactions, countOfBrowser());
  const rank = Math.min(slowest.length - 1, Math.floor(total / PASSED_OVER));
  return {
    longTasks: tasks.count,
    longestTask: Math.round(tasks.longest),
    inp: slowest[rank]?.duration ?? null,
    interactions: total,
  };
}

function countOfBrowser(): number {
  const count = typeof performance === "undefined" ? undefined : (performance as { interactionCount?: number }).interactionCount;
  return count ?? 0;
}

function observe(type: string, options: PerformanceObserverInit & { durationThreshold?: number }, take: (entry: PerformanceEntry) => void): void {
  if (typeof PerformanceObserver === "undefined" || !PerformanceObserver.supportedEntryTypes.includes(type)) return;
  new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true, ...options });
}
