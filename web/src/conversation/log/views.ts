/**
 * The conversations that were looked at last, kept so that going back to one is instant.
 *
 * Owns: at most {@link KEPT} views, and bringing what arrives to each, what another tab writes included. Promises: a
 * burst of entries reaches a view some times a second. Not here: entries of other conversations, which are in the client's store.
 */
import type { Client, Conversation, Entry, Outgoing } from "@hongyan/client";
import { batchByFrame } from "../../model/batch.ts";
import { draftKey } from "../../model/keys.ts";
import type { Place } from "../../model/keys.ts";
import type { Model } from "../../model/model.ts";
import { isAttentive } from "./attention.ts";
import { Composing } from "./composing.ts";
import { Quotes } from "./quotes.ts";
import { Reactions } from "./reactions.ts";
import { LogView } from "./view.ts";

/** Views kept, the one that is shown included. */
export const KEPT = 12;

/** All that is remembered of one place. */
export interface PlaceView {
  log: LogView;
  quotes: Quotes;
  composing: Composing;
  reactions: Reactions;
}

export class Views {
  private readonly model: Model;
  /** By place, the one used last at the end. */
  private readonly views = new Map<string, PlaceView>();
  private readonly waiting = new Map<number, Entry[]>();
  private shown: string | null = null;
  private readonly stops: (() => void)[] = [];

  constructor(model: Model) {
    this.model = model;
    const frames = batchByFrame<number>((convs) => convs.forEach((conv) => this.flush(conv)));
    this.stops.push(frames.stop);
    const on: Client["on"] = (name, listener) => {
      const stop = model.client.on(name, listener);
      this.stops.push(stop);
      return stop;
    };
    on("entry", (entry) => {
      const waiting = this.waiting.get(entry.conv);
      if (waiting === undefined) this.waiting.set(entry.conv, [entry]);
      else waiting.push(entry);
      frames.mark(entry.conv);
    });
    on("conversation", ({ conv }) => frames.mark(conv));
    on("reactions", ({ conv, messages }) => {
      for (const { log, reactions } of this.views.values()) if (log.facts()?.conv === conv) reactions.put(messages);
    });
    on("draft", (draft) => this.views.get(draft.key)?.composing.changed(draft));
    on("send", (update) => {
      // The entry takes over from the echo: it has to be on the page before the echo is gone.
      if (update.state === "settled") {
        const arrived = [...this.waiting.keys()];
        frames.now();
        // The list may not know of them yet: when it does, what was left out is brought in.
        arrived.forEach(frames.mark);
      }
      for (const [key, { log }] of this.views) if (belongs(update.outgoing, key, log.facts())) log.submitted(update);
    });
  }

  /** The view of a place, which is shown from now on. */
  show(place: Place): PlaceView {
    const key = draftKey(place);
    const view = this.views.get(key) ?? this.make(place);
    this.views.delete(key);
    this.views.set(key, view);
    view.log.rest();
    this.shown = key;
    for (const oldest of this.views.keys()) {
      if (this.views.size <= KEPT) break;
      this.views.delete(oldest);
    }
    return view;
  }

  /** Nothing is shown. */
  leave(place: Place): void {
    if (this.shown === draftKey(place)) this.shown = null;
  }

  /** Hears of nothing more. */
  stop(): void {
    for (const stop of this.stops) stop();
  }

  private make(place: Place): PlaceView {
    const facts = () => this.model.conversation(place);
    const outgoing = this.model.client.outgoing().filter((one) => belongs(one, draftKey(place), facts()));
    const reactions = new Reactions(this.model.client, () => facts()?.conv ?? null);
    const log = new LogView(this.model.client, facts, () => this.model.me()?.id ?? 0, outgoing, (from, to) => reactions.load(from, to));
    return { log, quotes: new Quotes(this.model.client, facts), composing: new Composing(this.model.client, draftKey(place)), reactions };
  }

  private flush(conv: number): void {
    const entries = this.waiting.get(conv) ?? [];
    this.waiting.delete(conv);
    for (const [key, view] of this.views) {
      if (view.log.facts()?.conv !== conv) continue;
      view.log.cut();
      if (entries.length > 0) {
        view.log.arrive(entries, key === this.shown && isAttentive());
        view.quotes.amend(entries);
      }
      if (key === this.shown) view.log.resume();
    }
  }
}

/** Whether a request is for a place, by whichever name it was addressed. */
function belongs({ append }: Outgoing, key: string, facts: Conversation | null): boolean {
  if (append.type === "send" && append.to !== undefined) return key === `to:${append.to}`;
  return facts !== null && facts.conv === append.conv;
}

const made = new WeakMap<Client, { model: Model; views: Views }>();

/** The views of an account, the same as long as its model is. The client gets another model with another history, in
 * which the same place in a log may be another entry's. */
export function viewsOf(model: Model): Views {
  const known = made.get(model.client);
  if (known?.model === model) return known.views;
  known?.views.stop();
  const views = new Views(model);
  made.set(model.client, { model, views });
  return views;
}
