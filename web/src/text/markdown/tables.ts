/**
 * Reads tables as GitHub writes them.
 *
 * Owns: where cells end. Promises: nothing that was written is left out: what a row has too much stands
 * in its last cell; linear time. Not here: what stands in a cell (`inline`).
 */
import { parseInline } from "./inline.ts";
import type { Reading } from "./inline.ts";
import type { Align, Inline, Table } from "./nodes.ts";

/** Wider ones are text. */
const MAX_COLUMNS = 20;
const RULE = /^:?-+:?$/;

/** The columns of the table that begins at a line; null: none does. */
export function tableAt(lines: readonly string[], at: number): Align[] | null {
  const rule = lines[at + 1];
  if (rule === undefined || !rule.includes("-") || !rule.includes("|") || !lines[at]!.includes("|")) return null;
  const marks = cellsOf(rule);
  if (marks.length > MAX_COLUMNS || !marks.every((mark) => RULE.test(mark))) return null;
  return cellsOf(lines[at]!).length === marks.length ? marks.map(alignOf) : null;
}

function alignOf(mark: string): Align {
  if (!mark.endsWith(":")) return mark.startsWith(":") ? "left" : null;
  return mark.startsWith(":") ? "center" : "right";
}

/** Reads the table that begins at a line; `end` is the line after it. `ends` tells what is no row of it. */
export function readTable(
  lines: readonly string[], at: number, align: Align[], reading: Reading, ends: (at: number) => boolean,
): { table: Table; end: number } {
  const row = (line: string): Inline[][] => {
    const cells = cellsOf(line);
    cells.push(cells.splice(align.length - 1).join(" | "));
    while (cells.length < align.length) cells.push("");
    reading.left -= align.length;
    return cells.map((cell) => parseInline(cell, reading));
  };
  const table: Table = { kind: "table", align, head: row(lines[at]!), rows: [] };
  let end = at + 2;
  for (; end < lines.length && reading.left > 0 && lines[end]!.includes("|") && !ends(end); end += 1) table.rows.push(row(lines[end]!));
  return { table, end };
}

/** The cells of a row. `\|` is a bar within one. */
function cellsOf(line: string): string[] {
  const row = line.trim();
  const cells: string[] = [];
  let from = row.startsWith("|") ? 1 : 0;
  let cell = "";
  for (let bar = row.indexOf("|", from); bar >= 0; bar = row.indexOf("|", bar + 1)) {
    const isEscaped = row[bar - 1] === "\\";
    cell += row.slice(from, isEscaped ? bar - 1 : bar);
    from = bar + 1;
    if (isEscaped) {
      cell += "|";
    } else {
      cells.push(cell.trim());
      cell = "";
    }
  }
  if (from < row.length || cell !== "") cells.push((cell + row.slice(from)).trim());
  return cells;
}
