/**
 * How the reactions of the messages on the screen stand.
 *
 * Promises: of two states of a message the newer stays; what is remembered goes with the window on the log. Not here:
 * asking the server, which the client does for a conversation that is watched.
 */
import { createSignal } from "solid-js";
import type { Client, MessageReactions, Reaction } from "@hongyan/client";

/** Messages beside the window of which reactions are remembered. */
const SPARE = 500;
const NONE: readonly Reaction[] = [];

export type ReactionSource = Pick<Client, "reactions">;

export class Reactions {
  private readonly source: ReactionSource;
  private readonly conv: () => number | null;
  private readonly states = new Map<number, MessageReactions>();
  private readonly changes;

  constructor(source: ReactionSource, conv: () => number | null) {
    this.source = source;
    this.conv = conv;
    this.changes = createSignal(0);
  }

  /** Reactive. The same list as long as nothing changes. */
  of(seq: number): readonly Reaction[] {
    this.changes[0]();
    return this.states.get(seq)?.reactions ?? NONE;
  }

  /** Reads what is known of a stretch of the log. */
  async load(from: number, to: number): Promise<void> {
    const conv = this.conv();
    if (conv === null || to < from) return;
    // Messages are shown without them rather than not at all.
    const read = await this.source.reactions(conv, { from, to }).catch(() => []);
    // What was told meanwhile is newer.
    this.put(read.filter(({ seq, number }) => (this.states.get(seq)?.number ?? -1) < number));
    if (this.states.size > SPARE) for (const seq of this.states.keys()) if (seq < from - SPARE || seq > to + SPARE) this.states.delete(seq);
  }

  /** They changed: how they stand now, what the user has just set included. */
  put(messages: readonly MessageReactions[]): void {
    if (messages.length === 0) return;
    for (const message of messages) this.states.set(message.seq, message);
    this.changes[1]((count) => count + 1);
  }
}
