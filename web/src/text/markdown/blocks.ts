/**
 * Reads a message's lines: paragraphs, headings, code, quotes, lists, tables.
 *
 * Owns: what a line's beginning means. Promises: linear time; it stops when no more nodes may be made; quotes and lists nest at most
 * {@link MAX_DEPTH} deep, deeper ones are shown as typed. Images and HTML are text like any other.
 * Not here: what stands within a line (`inline`), rows of lists (`lists`) and of tables (`tables`).
 */
import { parseInline } from "./inline.ts";
import type { Reading } from "./inline.ts";
import { listAt, readList } from "./lists.ts";
import type { Block } from "./nodes.ts";
import { readTable, tableAt } from "./tables.ts";

export const MAX_DEPTH = 4;

const FENCE = /^ {0,3}(`{3,}|~{3,}) *([\w+#.-]{0,32}) *$/;
const QUOTE = /^ {0,3}> ?/;
/** A blank behind the marks tells a heading from a tag such as `#goose`. */
const HEADING = /^ {0,3}(#{1,6}) +(?=\S)/;
const BLANK = /^\s*$/;

/** Reads a whole text. */
export function parseBlocks(lines: readonly string[], reading: Reading, depth = 0): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < lines.length && reading.left > 0; ) {
    if (BLANK.test(lines[at]!)) {
      at += 1;
    } else {
      reading.left -= 1;
      at = block(lines, at, depth, reading, blocks);
    }
  }
  return blocks;
}

/** Reads the block that begins at a line; answers the line after it. */
function block(lines: readonly string[], at: number, depth: number, reading: Reading, into: Block[]): number {
  const line = lines[at]!;
  const fence = FENCE.exec(line);
  if (fence !== null) return code(lines, at, fence, into);
  const mark = HEADING.exec(line);
  if (mark !== null) return heading(line, at, mark, reading, into);
  if (depth < MAX_DEPTH && QUOTE.test(line)) return quote(lines, at, depth, reading, into);
  const marker = depth < MAX_DEPTH ? listAt(lines, at) : null;
  if (marker !== null) {
    const { list, end } = readList(lines, at, marker, reading, (inner) => parseBlocks(inner, reading, depth + 1));
    into.push(list);
    return end;
  }
  const align = tableAt(lines, at);
  if (align !== null) {
    const { table, end } = readTable(lines, at, align, reading, (next) => begins(lines, next, depth));
    into.push(table);
    return end;
  }
  return paragraph(lines, at, depth, reading, into);
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

function heading(line: string, at: number, mark: RegExpExecArray, reading: Reading, into: Block[]): number {
  const text = line.slice(mark[0].length).trimEnd();
  into.push({ kind: "heading", level: mark[1]!.length, children: parseInline(withoutClosing(text), reading) });
  return at + 1;
}

/** `## Title ##`: marks at the end belong to the heading too, unless they are its text, as in `# C#`. */
function withoutClosing(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "#") end -= 1;
  return end > 0 && end < text.length && text[end - 1] === " " ? text.slice(0, end).trimEnd() : text;
}

function quote(lines: readonly string[], at: number, depth: number, reading: Reading, into: Block[]): number {
  let end = at;
  const inner: string[] = [];
  for (; end < lines.length && QUOTE.test(lines[end]!); end += 1) inner.push(lines[end]!.replace(QUOTE, ""));
  into.push({ kind: "quote", blocks: parseBlocks(inner, reading, depth + 1) });
  return end;
}

function paragraph(lines: readonly string[], at: number, depth: number, reading: Reading, into: Block[]): number {
  let end = at + 1;
  while (end < lines.length && !interrupts(lines, end, depth)) end += 1;
  into.push({ kind: "paragraph", children: parseInline(lines.slice(at, end).join("\n"), reading) });
  return end;
}

function interrupts(lines: readonly string[], at: number, depth: number): boolean {
  return begins(lines, at, depth) || tableAt(lines, at) !== null;
}

/** Whether a line ends what stands before it: it is blank, or another block but a table begins there. */
function begins(lines: readonly string[], at: number, depth: number): boolean {
  const line = lines[at]!;
  if (BLANK.test(line) || FENCE.test(line) || HEADING.test(line)) return true;
  return depth < MAX_DEPTH && (QUOTE.test(line) || listAt(lines, at) !== null);
}
