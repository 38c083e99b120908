/** Listeners by event name. One that throws does not keep the others from hearing. */
export class Emitter<Events extends object> {
  readonly #listeners = new Map<keyof Events, Set<(event: never) => void>>();

  /** Listens; gives what stops it. */
  on<K extends keyof Events>(name: K, listener: (event: Events[K]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<K extends keyof Events>(name: K, event: Events[K]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as (event: Events[K]) => void)(event);
      } catch (problem) {
        // The application's own mistake: for its console, not for this library to handle.
        reportError(problem);
      }
    }
  }
}

/** As an error that nobody caught, without ending what is under way. */
function reportError(problem: unknown): void {
  queueMicrotask(() => {
    throw problem;
  });
}
