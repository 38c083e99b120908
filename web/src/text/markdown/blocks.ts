/**
 * Reads a message's lines: paragraphs, code, quotes, lists.
 *
 * Owns: what a line's beginning means. Promises: linear time; reading stops when the budget is used up; quotes and lists nest at most
 * {@link MAX_DEPTH} deep, deeper ones are shown as typed. Headings, tables, images and HTML are
 * text like any other. Not here: what stands within a line (`inline`).
 */
import { parseInline } from "./inline.ts";
import type { Budget } from "./inline.ts";
import type { Block } from "./nodes.ts";

export const MAX_DEPTH = 4;

const FENCE = /^ {0,3}(`{3,}|~{3,}) *([\w+#.-]{0,32}) *$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,3})([-*•]|\d{1,9}[.)]) {1,4}(?=\S)/;
const BLANK = /^\s*$/;

/** Reads a whole text. */
export function parseBlocks(lines: readonly string[], budget: Budget, depth = 0): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length && budget.left > 0; ) {
    if (BLANK.test(lines[at]!)) {
      at += 1;
    } else {
      budget.left -= 1;
      at = block(lines, at, depth, budget, blocks);
    }
  }
  return blocks;
}

/** Reads the block that begins at a line; answers the line after it. */
function block(lines: readonly string[], at: number, depth: number, budget: Budget, into: Block[]): number {
  const line = lines[at]!;
  const fence = FENCE.exec(line);
  if (fence !== null) return code(lines, at, fence, into);
  if (depth < MAX_DEPTH && QUOTE.test(line)) return quote(lines, at, depth, budget, into);
  const item = depth < MAX_DEPTH ? ITEM.exec(line) : null;
  if (item !== null) return list(lines, at, depth, budget, item, into);
  return paragraph(lines, at, depth, budget, into);
}

function code(lines: readonly string[], at: number, fence: RegExpExecArray, into: Block[]): number {
  const mark = fence[1]!;
  let end = at + 1;
  while (end < lines.length && !closes(lines[end]!, mark)) end += 1;
  into.push({ kind: "code", text: lines.slice(at + 1, end).join("\n"), language: fence[2]! });
  return end + 1;
}

function closes(line: string, mark: string): boolean {
  const trimmed = line.trim();
  return trimmed.length >= mark.length && trimmed === mark[0]!.repeat(trimmed.length);
}

function quote(lines: readonly string[], at: number, depth: number, budget: Budget, into: Block[]): number {
  let end = at;
  const inner: string[] = [];
  for (; end < lines.length && QUOTE.test(lines[end]!); end += 1) inner.push(lines[end]!.replace(QUOTE, ""));
  into.push({ kind: "quote", blocks: parseBlocks(inner, budget, depth + 1) });
  return end;
}

function list(lines: readonly string[], at: number, depth: number, budget: Budget, first: RegExpExecArray, into: Block[]): number {
  const numbered = isNumber(first[2]!);
  const items: Block[][] = [];
  let end = at;
  while (end < lines.length && budget.left > 0) {
    const item = ITEM.exec(lines[end]!);
    if (item === null || isNumber(item[2]!) !== numbered) break;
    const width = item[0].length;
    const inner = [lines[end]!.slice(width)];
    // What is set in at least as far as two blanks goes on with the item; a list in it may be nested.
    for (end += 1; end < lines.length && /^ {2,}\S/.test(lines[end]!); end += 1) {
      const line = lines[end]!;
      inner.push(line.slice(Math.min(width, line.search(/\S/))));
    }
    items.push(parseBlocks(inner, budget, depth + 1));
  }
  into.push({ kind: "list", start: numbered ? Number.parseInt(first[2]!, 10) : null, items });
  return end;
}

function isNumber(marker: string): boolean {
  return /\d/.test(marker);
}

function paragraph(lines: readonly string[], at: number, depth: number, budget: Budget, into: Block[]): number {
  let end = at + 1;
  while (end < lines.length && !interrupts(lines[end]!, depth)) end += 1;
  into.push({ kind: "paragraph", children: parseInline(lines.slice(at, end).join("\n"), budget) });
  return end;
}

function interrupts(line: string, depth: number): boolean {
  if (BLANK.test(line) || FENCE.test(line)) return true;
  return depth < MAX_DEPTH && (QUOTE.test(line) || ITEM.test(line));
}
