/** A name, with what was found in it set off. */
import { createMemo, For } from "solid-js";
import type { JSX } from "solid-js";
import type { Candidate } from "./candidates.ts";
import { split } from "./found.ts";

export function FoundTitle(props: { of: Candidate }): JSX.Element {
  const pieces = createMemo(() => split(props.of.title, props.of.marks));
  return (
    <span class="found-title" dir="auto">
      <For each={pieces()}>{([text, isFound]) => (isFound ? <b>{text}</b> : text)}</For>
    </span>
  );
}
