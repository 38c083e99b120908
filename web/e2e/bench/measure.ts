/**
 * What the browser itself says of how fast the page is.
 *
 * Owns: the observers in the page. Promises: times are from the user's key to the frame that shows the
 * result, by the browser's own clock. Not here: budgets.
 */
import type { Page } from "@playwright/test";

export interface Measured {
  /** From the key to the frame in which the other conversation's messages stand, in ms. */
  switches: number[];
  /** Tasks of more than 50 ms. */
  longTasks: number[];
  /** From an input to the next paint, each interaction's slowest event of 16 ms or more. */
  interactions: number[];
}

interface Probe extends Measured {
  began: number | null;
  title: string;
}

/** Begins to observe. */
export async function begin(page: Page): Promise<void> {
  await page.evaluate(observe);
}

/** How many switches are over. */
export async function switched(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { probe: Probe }).probe.switches.length);
}

export async function results(page: Page): Promise<Measured> {
  return page.evaluate(() => {
    const { switches, longTasks, interactions } = (window as unknown as { probe: Probe }).probe;
    return { switches, longTasks, interactions };
  });
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Runs in the page. */
function observe(): void {
  const probe: Probe = { switches: [], longTasks: [], interactions: [], began: null, title: "" };
  Object.assign(window, { probe });
  new PerformanceObserver((list) => {
    probe.longTasks.push(...list.getEntries().map(({ duration }) => duration));
  }).observe({ type: "longtask" });

  const slowest = new Map<number, number>();
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEventTiming & { interactionId?: number })[]) {
      const id = entry.interactionId ?? 0;
      if (id !== 0) slowest.set(id, Math.max(slowest.get(id) ?? 0, entry.duration));
    }
    probe.interactions = [...slowest.values()];
  }).observe({ type: "event", durationThreshold: 16 } as PerformanceObserverInit);

  const title = () => document.querySelector("main h1")?.textContent ?? "";
  const look = () => {
    if (probe.began === null) return;
    const isShown = title() !== probe.title && document.querySelector("main [role=feed] article") !== null;
    if (!isShown) {
      requestAnimationFrame(look);
      return;
    }
    const { began } = probe;
    probe.began = null;
    // The task after the frame that draws it.
    setTimeout(() => probe.switches.push(performance.now() - began));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!event.altKey || !event.key.startsWith("Arrow")) return;
    probe.began = event.timeStamp;
    probe.title = title();
    requestAnimationFrame(look);
  };
  addEventListener("keydown", onKeyDown, true);
}
