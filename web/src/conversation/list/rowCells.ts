/**
 * The rows as the list draws them: keys that say which elements there are, and a value for each.
 *
 * Promises: a row that changes is told to its own element only, not to hundreds.
 */
import { createComputed, createMemo, createSignal, onCleanup, untrack } from "solid-js";
import type { Accessor, Setter } from "solid-js";
import type { Row, Rows } from "../log/rows.ts";

export interface RowCells {
  /** In order; the same array as long as they are the same. */
  keys: Accessor<readonly string[]>;
  /** A row's value, as long as the caller's owner lives. */
  cellOf(key: string): Accessor<Row>;
}

export function createRowCells(rows: Accessor<Rows>): RowCells {
  const cells = new Map<string, Setter<Row>>();
  const keys = createMemo<readonly string[]>(() => [...rows().keys()], [], { equals: sameKeys });
  createComputed(() => {
    for (const [key, row] of rows()) cells.get(key)?.(row);
  });
  return {
    keys,
    cellOf(key) {
      const [row, setRow] = createSignal(untrack(rows).get(key)!);
      cells.set(key, setRow);
      onCleanup(() => cells.delete(key));
      return row;
    },
  };
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, at) => key === b[at]);
}
