/**
 * Reads lists: with marks, with numbers, of tasks.
 *
 * Owns: how far a line is set in, and what that means. Promises: a number shows as it was written,
 * unless all are 1; linear time. Not here: what an item holds (`blocks`).
 */
import type { Reading } from "./inline.ts";
import type { Block, Item, List } from "./nodes.ts";

const ITEM = /^([-*•]|\d{1,9}[.)])(?: {1,4}|\t)(?=\S)/;
const TASK = /^\[([ xX])\][ \t]+(?=\S)/;
/** A tab leads to the next of these columns. */
const TAB = 4;
/** Set in this much further than its item's mark, a line belongs to the item. */
const INSET = 2;
/** How far a second item is looked for before `8)` is taken for text. */
const LOOK = 64;

/** What begins an item. */
export interface Marker {
  /** Columns before the mark. */
  indent: number;
  /** Units before the item's text. */
  width: number;
  /** Null for a list without numbers. */
  number: number | null;
  paren: boolean;
}

/** The list that begins at a line; null: none does. A lone `8)` is text: people write it within a sentence. */
export function listAt(lines: readonly string[], at: number): Marker | null {
  const marker = markerOf(lines[at]!);
  return marker === null || !marker.paren || hasSecond(lines, at, marker) ? marker : null;
}

function markerOf(line: string): Marker | null {
  const { columns, units } = indentOf(line);
  const found = ITEM.exec(units === 0 ? line : line.slice(units));
  if (found === null) return null;
  const mark = found[1]!;
  const number = /\d/.test(mark) ? Number.parseInt(mark, 10) : null;
  return { indent: columns, width: units + found[0].length, number, paren: mark.endsWith(")") };
}

function hasSecond(lines: readonly string[], at: number, first: Marker): boolean {
  const most = Math.min(lines.length, at + LOOK);
  for (let next = at + 1; next < most; next += 1) {
    const line = lines[next]!;
    if (line.trim() === "" || indentOf(line).columns >= first.indent + INSET) continue;
    const marker = markerOf(line);
    return marker !== null && follows(marker, first, first, 1);
  }
  return false;
}

/** Whether an item goes on with a list that has `count` items, the last of which is `last`. Numbers that leave one
 * out, or go back, begin another list. */
function follows(next: Marker, first: Marker, last: Marker, count: number): boolean {
  if (next.paren !== first.paren || (next.number === null) !== (first.number === null)) return false;
  // As many write Markdown: every item is `1.`.
  const isLazy = next.number === 1 && last.number === 1 && first.number === 1;
  return next.number === null || isLazy || next.number === first.number! + count;
}

/** Reads the list that begins at a line; `end` is the line after it. */
export function readList(
  lines: readonly string[], at: number, first: Marker, reading: Reading, read: (inner: string[]) => Block[],
): { list: List; end: number } {
  const items: Item[] = [];
  let end = at;
  let marker: Marker | null = first;
  while (marker !== null && reading.left > 0) {
    const last: Marker = marker;
    const inner = [lines[end]!.slice(last.width)];
    end = gather(lines, end + 1, first.indent, last.width, inner);
    items.push(itemOf(inner, read));
    const next = skipBlank(lines, end);
    const found = next < lines.length ? markerOf(lines[next]!) : null;
    const goesOn = found !== null && found.indent < first.indent + INSET && follows(found, first, last, items.length);
    marker = goesOn ? found : null;
    if (goesOn) end = next;
  }
  return { list: { kind: "list", start: first.number, paren: first.paren, items }, end };
}

/** Adds the lines that belong to an item, without what they are set in; answers the line after them. */
function gather(lines: readonly string[], from: number, indent: number, width: number, into: string[]): number {
  let end = from;
  while (end < lines.length) {
    const next = skipBlank(lines, end);
    if (next === lines.length || indentOf(lines[next]!).columns < indent + INSET) break;
    for (; end < next; end += 1) into.push("");
    into.push(dedented(lines[next]!, width));
    end = next + 1;
  }
  return end;
}

function itemOf(inner: string[], read: (inner: string[]) => Block[]): Item {
  const task = TASK.exec(inner[0]!);
  if (task !== null) inner[0] = inner[0]!.slice(task[0].length);
  return { done: task === null ? null : task[1] !== " ", blocks: read(inner) };
}

function skipBlank(lines: readonly string[], from: number): number {
  let at = from;
  while (at < lines.length && lines[at]!.trim() === "") at += 1;
  return at;
}

/** How far a line is set in. */
function indentOf(line: string): { columns: number; units: number } {
  let columns = 0;
  let units = 0;
  for (; line[units] === " " || line[units] === "\t"; units += 1) {
    columns = line[units] === " " ? columns + 1 : columns + TAB - (columns % TAB);
  }
  return { columns, units };
}

/** A line without up to so many columns of what it is set in. */
function dedented(line: string, columns: number): string {
  const own = indentOf(line);
  return " ".repeat(Math.max(0, own.columns - columns)) + line.slice(own.units);
}
