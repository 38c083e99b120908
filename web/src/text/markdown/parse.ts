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
import type { Named } from "../mention.ts";
import type { Block } from "./nodes.ts";

/** Beyond it, making the DOM would take longer than a frame. */
export const MAX_NODES = 2000;

/** More at signs than people mention: to compare each with many long names would take long. */
const MAX_SIGNS = 1000;

/** Reads one message. `named`: whom at signs in it may name. */
export function parseMarkdown(text: string, named: readonly Named[] = []): Block[] {
  const reading = { left: MAX_NODES, named, signs: MAX_SIGNS };
  const blocks = parseBlocks(text.replace(/\r\n?/g, "\n").split("\n"), reading);
  return reading.left > 0 ? blocks : [{ kind: "paragraph", children: [text] }];
}
