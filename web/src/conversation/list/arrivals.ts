/**
 * Tells screen readers what arrives in the conversation that is open.
 *
 * Promises: one message is read as its sentence, a burst as a number, and not more often than it can
 * be listened to. Not here: one's own messages, and what arrives while nobody looks.
 */

/** About as long as a short sentence takes to say. */
export const PAUSE_MS = 2500;

export interface ArrivalHooks {
  say(text: string): void;
  many(count: number): string;
}

export class Arrivals {
  private readonly hooks: ArrivalHooks;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private count = 0;
  private last = "";

  constructor(hooks: ArrivalHooks) {
    this.hooks = hooks;
  }

  arrived(sentence: string): void {
    this.count += 1;
    this.last = sentence;
    if (this.timer === undefined) this.tell();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private tell(): void {
    this.timer = undefined;
    if (this.count === 0) return;
    this.hooks.say(this.count === 1 ? this.last : this.hooks.many(this.count));
    this.count = 0;
    this.timer = setTimeout(() => this.tell(), PAUSE_MS);
  }
}
