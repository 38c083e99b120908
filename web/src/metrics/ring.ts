/** The last few of many. */
export interface Ring<T> {
  add(value: T): void;
  /** The oldest first. */
  all(): readonly T[];
}

export function createRing<T>(capacity: number): Ring<T> {
  const values: T[] = [];
  return {
    add(value) {
      values.push(value);
      if (values.length > capacity) values.shift();
    },
    all: () => values,
  };
}

/** The middle one and the slowest, rounded; null when there is none. */
export function summary(values: readonly number[]): { median: number; most: number; count: number } | null {
  const ordered = [...values].sort((a, b) => a - b);
  const median = ordered[Math.floor((ordered.length - 1) / 2)];
  const most = ordered.at(-1);
  if (median === undefined || most === undefined) return null;
  return { median: Math.round(median), most: Math.round(most), count: ordered.length };
}
