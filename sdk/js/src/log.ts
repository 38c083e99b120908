/** How the entries of a log act on each other: pure functions that an application can use too. */
import type { Conversation, Member } from "./client/events.ts";
import type { Entry } from "./wire.gen.ts";

/** What an edit or a recall makes of its target; null: nothing changes. */
export function amended(target: Entry, by: Entry): Entry | null {
  if (by.target !== target.seq || by.conv !== target.conv || target.recalled_by !== undefined) return null;
  if (by.kind === "recall") {
    const { body: _, ...rest } = target;
    return { ...rest, recalled_by: by.seq };
  }
  if (by.kind !== "edit" || by.body === undefined || (target.edited_by ?? 0) >= by.seq) return null;
  return { ...target, body: by.body, edited_by: by.seq };
}

/** The other person of a 1:1 conversation; oneself, for notes to oneself; null for any other kind. */
export function peerOf(conversation: Pick<Conversation, "kind" | "members">, me: number): number | null {
  if (conversation.kind !== "direct") return null;
  return conversation.members?.find(({ user }) => user !== me)?.user ?? me;
}

/** What a conversation counts in the sum of unread messages. */
export function counted({ unread, view }: Pick<Conversation, "unread" | "view">): number {
  if (view?.hidden !== undefined) return 0;
  return unread === 0 && view?.marked_unread !== undefined ? 1 : unread;
}

/** Whether a conversation is not to draw attention: it is muted at this time, in ms since the epoch, or archived. */
export function isQuiet({ view }: Pick<Conversation, "view">, now: number): boolean {
  return (view?.muted_until ?? 0) > now || view?.archived !== undefined;
}

/** Whether somebody was a member when the entry at `seq` was made, as far as is known. */
export function wasIn({ since = 0 }: Member, seq: number): boolean {
  return since < seq;
}

/** How far one's own message at `seq` has come with the other members: all of them count. `sent` where members are not
 * told. */
export function reach(conversation: Conversation, me: number, seq: number): "sent" | "delivered" | "read" {
  const others = (conversation.members ?? []).filter((member) => member.user !== me && wasIn(member, seq));
  if (others.length === 0) return "sent";
  if (others.every((member) => member.read >= seq)) return "read";
  return others.every((member) => member.delivered >= seq) ? "delivered" : "sent";
}
