/** What is said where a log begins late because what was said before is not kept. Pure but for the language. */
import type { Conversation } from "@hongyan/client";
import { w } from "../words.ts";

/** Null where nothing is to be said: there is more above, all is kept, or the reader came later or cleared more. */
export function keptText(conversation: Pick<Conversation, "gone" | "since" | "group"> | null, first: number): string | null {
  const { gone = 0, since = 1, group } = conversation ?? {};
  if (gone === 0 || since !== gone + 1 || first > since) return null;
  if (group?.keep_days !== undefined) return w.keptDays(group.keep_days);
  if (group?.keep_entries !== undefined) return w.keptEntries(group.keep_entries);
  return w.earlierGone;
}
