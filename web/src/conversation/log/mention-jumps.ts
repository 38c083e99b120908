/**
 * Leads to the unread messages that mention the user, one after another.
 *
 * Promises: a press that comes before the last one was read leads on to the next. Not here: which they are (the client).
 */
import type { Accessor } from "solid-js";
import type { Client, Conversation } from "@hongyan/client";

export interface MentionJumps {
  /** How many there are. */
  count(): number;
  /** Goes to the next one; false: there is none. */
  next(): Promise<boolean>;
}

export function createMentionJumps(client: Pick<Client, "unreadMentions">, conversation: Accessor<Conversation | null>, go: (seq: number) => void): MentionJumps {
  let last = 0;
  return {
    count: () => conversation()?.mentions ?? 0,
    async next() {
      const now = conversation();
      if (now?.mentions === undefined) return false;
      const all = await client.unreadMentions(now.conv);
      const to = all.find((seq) => seq > last) ?? all[0];
      if (to === undefined) return false;
      last = to;
      go(to);
      return true;
    },
  };
}
