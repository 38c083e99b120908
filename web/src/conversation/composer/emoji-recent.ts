/** Which emoji were used last, to write with and to react with. */
import { keep, kept } from "../../model/kept.ts";

/** Two rows. */
const RECENT = 16;
/** Offered to react with at once; those that were used last stand first. */
const QUICK = 6;
const USUAL = ["👍", "❤️", "😂", "🎉", "😮", "😢"];

export type Use = "emoji" | "reactions";

/** The last one first. */
export function recentEmoji(use: Use): string[] {
  const found = kept(use);
  return Array.isArray(found) ? found.filter((one) => typeof one === "string").slice(0, RECENT) : [];
}

/** The next time it stands first. */
export function remember(emoji: string, use: Use): void {
  keep(use, [emoji, ...recentEmoji(use).filter((one) => one !== emoji)].slice(0, RECENT));
}

/** Those that are offered to react with, before any other is looked for. */
export function quickReactions(): string[] {
  return [...new Set([...recentEmoji("reactions"), ...USUAL])].slice(0, QUICK);
}
