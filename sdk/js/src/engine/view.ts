/**
 * What is left of a view, and what a change makes of it.
 *
 * Promises: pure; the same as the server says of the same log. Not here: whether a change has reached the server.
 */
import type { View, ViewChange } from "../wire.gen.ts";

/** What of a log a view depends on: the head, one's own read position, and the last message. */
export interface Standing {
  head: number;
  read: number;
  /** The last message that is known, and when it came. */
  said: { seq: number; at: number } | null;
}

/** A view without what has ended by itself. */
export function leftOf(view: View, { read, said }: Standing): View {
  const { hidden, archived, marked_unread, ...rest } = view;
  const isAbove = (seq: number): boolean => said !== null && said.seq > seq;
  const isMuted = said !== null && said.at < (view.muted_until ?? 0);
  return {
    ...rest,
    ...(hidden === undefined || isAbove(hidden) ? {} : { hidden }),
    ...(archived === undefined || (isAbove(archived) && !isMuted) ? {} : { archived }),
    ...(marked_unread !== read ? {} : { marked_unread }),
  };
}

/** A view as the server will have it, once it has a change. */
export function changed(view: View, change: ViewChange, { head, read }: Standing, now: number): View {
  const { muted_until, pinned, archived, hidden, marked_unread, draft } = view;
  const until = change.muted_until ?? muted_until ?? 0;
  const place = change.pinned ?? pinned ?? 0;
  const written = change.draft === undefined ? draft : drafted(change.draft, now);
  return {
    rev: view.rev,
    ...(until <= now ? {} : { muted_until: until }),
    ...(place === 0 ? {} : { pinned: place }),
    ...part("archived", change.archived, archived, head),
    ...part("hidden", change.hidden, hidden, head),
    ...part("marked_unread", change.marked_unread, marked_unread, read),
    ...(written === undefined ? {} : { draft: written }),
  };
}

function part<K extends string>(name: K, isOn: boolean | undefined, before: number | undefined, at: number): { [N in K]?: number } {
  const value = isOn === undefined ? before : isOn ? (before ?? at) : undefined;
  return value === undefined ? {} : ({ [name]: value } as { [N in K]?: number });
}

function drafted({ text, reply_to }: NonNullable<ViewChange["draft"]>, at: number): View["draft"] {
  if (text === "" && reply_to === undefined) return undefined;
  return { text, at, ...(reply_to === undefined ? {} : { reply_to }) };
}
