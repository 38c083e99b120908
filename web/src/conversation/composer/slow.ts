/**
 * Where a group has members wait between two messages, how long one still has to.
 *
 * Promises: what one sends before that is sent by itself then (the client does so). Not here: what it says.
 */
import { createMemo } from "solid-js";
import type { Accessor } from "solid-js";
import type { Conversation, Entry } from "@hongyan/client";
import { isAdmin } from "../../group/closed.ts";
import { createCountdown } from "../../ui/countdown.ts";

/** How long until one's next message is let through, in ms; 0: it is now. `messages`: the end of the log. */
export function createSlow(conversation: Accessor<Conversation | null>, messages: Accessor<readonly Entry[]>, me: Accessor<number>): Accessor<number> {
  const until = createMemo(() => freeAt(conversation(), messages(), me()));
  const left = createCountdown(until, Infinity);
  // The clock of this device may be another than the server's.
  return () => Math.min(left(), (conversation()?.group?.slow_s ?? 0) * 1_000);
}

/** When one's next message is let through, in ms since the epoch; 0: at any time. */
export function freeAt(conversation: Conversation | null, messages: readonly Entry[], me: number): number {
  const group = conversation?.group;
  if (group?.slow_s === undefined || isAdmin(group.role)) return 0;
  const last = messages.findLast(({ kind, from }) => kind === "message" && from === me);
  return last === undefined ? 0 : last.at + group.slow_s * 1_000;
}
