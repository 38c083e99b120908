/**
 * What the user has made of a conversation: see `View` of the client. Pure.
 *
 * What ends by itself the client leaves out; only the time of a muting is looked at here.
 */
import type { Conversation } from "@hongyan/client";

/** A muting without an end. */
export const FOREVER = Number.MAX_SAFE_INTEGER;

type Viewed = Pick<Conversation, "view"> | null;

export const isMuted = (conversation: Viewed, now: number): boolean => (conversation?.view?.muted_until ?? 0) > now;
/** Among those at the top: the higher, the further up; 0: not there. */
export const pinnedAt = (conversation: Viewed): number => conversation?.view?.pinned ?? 0;
export const isArchived = (conversation: Viewed): boolean => conversation?.view?.archived !== undefined;
export const isHidden = (conversation: Viewed): boolean => conversation?.view?.hidden !== undefined;
export const isMarked = (conversation: Viewed): boolean => conversation?.view?.marked_unread !== undefined;

/** What a conversation adds to the number that draws attention. */
export function countOf(conversation: Pick<Conversation, "view" | "unread">, now: number): number {
  if (isHidden(conversation) || isArchived(conversation) || isMuted(conversation, now)) return 0;
  return conversation.unread > 0 ? conversation.unread : isMarked(conversation) ? 1 : 0;
}
