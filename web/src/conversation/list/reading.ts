/**
 * Decides what was read.
 *
 * Promises: a message counts as read only after it stood in sight for {@link LOOK_MS}, without a
 * break, while somebody was looking. Not here: what is in sight, and whether somebody looks.
 */

import { createEffect, on, onCleanup, untrack } from "solid-js";
import type { Accessor } from "solid-js";
import type { Conversation } from "@hongyan/client";
import type { Model } from "../../model/model.ts";

/** About as long as a glance. */
export const LOOK_MS = 500;

export interface ReadingHooks {
  /** The last message in sight; null when none is, or nobody looks. */
  inSight(): number | null;
  /** One's own read position. */
  read(): number;
  tell(seq: number): void;
}

export class Reading {
  private readonly hooks: ReadingHooks;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private candidate = 0;

  constructor(hooks: ReadingHooks) {
    this.hooks = hooks;
  }

  /** Something changed: what is in sight, or whether somebody looks. */
  look(): void {
    const seq = this.hooks.inSight();
    if (seq === null) return this.stop();
    // What went out of sight before its time was not read.
    this.candidate = Math.min(this.candidate, seq);
    if (this.timer !== undefined || seq <= this.hooks.read()) return;
    this.candidate = seq;
    this.timer = setTimeout(() => this.decide(), LOOK_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private decide(): void {
    this.timer = undefined;
    const seq = this.hooks.inSight();
    if (seq === null) return;
    if (Math.min(seq, this.candidate) > this.hooks.read()) this.hooks.tell(Math.min(seq, this.candidate));
    this.look();
  }
}

/** Tells the client what was read of a conversation, as long as the owner lives. */
export function createReading(
  model: Model, conversation: Accessor<Conversation | null>, attentive: Accessor<boolean>, lastReadable: () => number | null,
): Reading {
  const reading = new Reading({
    inSight: () => untrack(() => (attentive() ? lastReadable() : null)),
    read: () => untrack(() => conversation()?.me.read ?? 0),
    tell(seq) {
      const conv = untrack(conversation)?.conv;
      if (conv !== undefined) model.client.read(conv, seq);
    },
  });
  createEffect(on(attentive, () => reading.look()));
  onCleanup(() => reading.stop());
  return reading;
}
