/** Waits for something that may never answer, for a bounded time of a machine that is awake. */

/** The time is counted in steps of this, in ms: a machine that slept, or a tab that was frozen, has lost one of them. */
const STEP = 250;

/** It did not answer in time. */
export class SilentError extends Error {
  override readonly name = "SilentError";
}

/** What `answer` gives, if it comes within so many ms; else rejects with a {@link SilentError}. */
export async function within<T>(ms: number, what: string, answer: Promise<T>): Promise<T> {
  let left = Math.ceil(ms / STEP);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    const tick = (): void => {
      if (left === 0) return reject(new SilentError(`${what} did not answer within ${ms} ms`));
      left -= 1;
      timer = setTimeout(tick, STEP);
    };
    tick();
  });
  try {
    return await Promise.race([answer, silence]);
  } finally {
    clearTimeout(timer);
  }
}
