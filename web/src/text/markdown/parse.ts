/**
 * Reads a message's Markdown.
 *
 * text → blocks → inline → nodes → `MessageText` → DOM
 *
 * Owns: the bounds. Promises: never throws; linear time; a text that would make more than
 * {@link MAX_NODES} nodes comes back as one plain paragraph. Not here: drawing.
 *
 * Its own parser rather than a library's: the one that was measured took 3.5 s for 64 KB of hostile
 * stars and overflowed the stack on 64 KB of quote marks, at 15 KB compressed.
 */
import { parseBlocks } from "./blocks.ts";
import type { Block } from "./nodes.ts";

/** Beyond it, making the DOM would take longer than a frame. */
export const MAX_NODES = 2000;

/** Reads one message. */
export function parseMarkdown(text: string): Block[] {
  const budget = { left: MAX_NODES };
  const blocks = parseBlocks(text.replace(/\r\n?/g, "\n").split("\n"), budget);
  return budget.left > 0 ? blocks : [{ kind: "paragraph", children: [text] }];
}
