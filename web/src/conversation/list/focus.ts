/**
 * Which message the keyboard is at, and which is marked for the eye.
 *
 * Promises: Tab stops at one message, the last one until another is chosen; arrow keys, Home and End
 * move between them.
 */
import { createMemo, createSelector, createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import type { Rows } from "../log/rows.ts";

/** As long as the mark on a message that was jumped to stays. */
const MARK_MS = 2400;

/** The message that Tab stops at. */
export function createCurrent(rows: Accessor<Rows>): { is(key: string): boolean; choose(key: string): void } {
  const [chosen, choose] = createSignal<string | null>(null);
  const current = createMemo(() => {
    const key = chosen();
    return key !== null && rows().has(key) ? key : lastMessage(rows());
  });
  return { is: createSelector(current), choose };
}

function lastMessage(rows: Rows): string | null {
  return [...rows.values()].findLast((row) => row.kind === "message")?.key ?? null;
}

/** The message that was jumped to. */
export function createMark(): { is(key: string): boolean; put(key: string): void } {
  const [marked, setMarked] = createSignal<string | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  return {
    is: createSelector(marked),
    put(key) {
      clearTimeout(timer);
      // Off and on, so that a second jump to the same message shows too.
      setMarked(null);
      setMarked(key);
      timer = setTimeout(() => setMarked(null), MARK_MS);
    },
  };
}

/** Moves between the messages in `list`; answers whether the key was one that moves. */
export function moveBetween(list: HTMLElement, from: HTMLElement, key: string): boolean {
  const all = [...list.querySelectorAll<HTMLElement>(":scope > article")];
  const at = all.indexOf(from);
  const places: Record<string, HTMLElement | undefined> = {
    ArrowUp: all[at - 1], ArrowDown: all[at + 1], Home: all[0], End: all.at(-1),
  };
  if (!(key in places)) return false;
  places[key]?.focus({ preventScroll: true });
  places[key]?.scrollIntoView({ block: "nearest" });
  return true;
}
