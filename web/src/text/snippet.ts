/** A message as one plain line: for quotes, lists and screen readers. */
import { plainText } from "./markdown/nodes.ts";
import type { Block } from "./markdown/nodes.ts";
import { parseMarkdown } from "./markdown/parse.ts";

/** At most `most` characters of what a message says, without its marks and line breaks. */
export function snippet(text: string, most = 140): string {
  // Blanks may fill the beginning, so more is read than is shown.
  const line = plainLine(text.slice(0, most * 4));
  if (line.length <= most && text.length <= most * 4) return line;
  return `${[...line.slice(0, most)].slice(0, -1).join("").trimEnd()}…`;
}

/** All that a message says, as one line, without its marks. */
export function plainLine(text: string): string {
  return blocksText(parseMarkdown(text)).replace(/\s+/gu, " ").trim();
}

function blocksText(blocks: readonly Block[]): string {
  return blocks.map(blockText).join(" ");
}

function blockText(block: Block): string {
  switch (block.kind) {
    case "paragraph": case "heading": return plainText(block.children);
    case "code": return block.text;
    case "quote": return blocksText(block.blocks);
    case "list": return block.items.map((item) => blocksText(item.blocks)).join(" ");
    case "table": return [block.head, ...block.rows].map((row) => row.map(plainText).join(" ")).join(" ");
  }
}
