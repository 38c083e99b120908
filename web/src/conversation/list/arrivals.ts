/**
 * Tells screen readers what arrives in the conversation that is open.
 *
 * Promises: one message is read as its sentence, a burst as a number, and not more often than it can
 * be listened to. Not here: one's own messages, and what arrives while nobody looks.
 */

import { onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import { announce } from "../../app/announce.ts";
import { eventText, namesIn } from "../../group/events.ts";
import type { Model } from "../../model/model.ts";
import { snippet } from "../../text/snippet.ts";
import { textOf } from "../log/rows.ts";
import { hasRow } from "../log/window.ts";
import { w } from "../words.ts";

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

/** Tells what arrives in a conversation while somebody looks, as long as the owner lives. */
export function announceArrivals(model: Model, conv: () => number | undefined, attentive: Accessor<boolean>): void {
  const arrivals = new Arrivals({ say: announce, many: (count) => w.arrived(count) });
  onCleanup(() => arrivals.stop());
  onCleanup(model.client.on("entry", (entry) => {
    if (!hasRow(entry) || entry.from === model.me()?.id || entry.conv !== conv() || !attentive()) return;
    if (entry.kind === "event") return arrivals.arrived(eventText(entry, namesIn(model)));
    const text = textOf(entry);
    arrivals.arrived(`${model.profile(entry.from).name}: ${text === null ? w.unsupported : snippet(text)}`);
  }));
}
