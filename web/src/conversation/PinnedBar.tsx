/** The messages that are pinned, one at a time above the others. A press goes there, and the next one shows. */
import { createEffect, createMemo, createSignal, on } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { Icon } from "../ui/index.ts";
import { quoted, quoteText } from "./list/Quote.tsx";
import type { PlaceView } from "./log/views.ts";
import { w } from "./words.ts";

export function PinnedBar(props: { pins: readonly number[]; view: PlaceView; onJump(seq: number): void }): JSX.Element {
  const model = useModel();
  // Counted from the last one.
  const [at, setAt] = createSignal(0);
  createEffect(on(() => props.pins.length, () => setAt(0)));
  const place = () => props.pins.length - 1 - (at() % props.pins.length);
  const seq = () => props.pins[place()]!;
  const text = createMemo(() => {
    const one = quoted(props.view, seq());
    if (one.kind !== "found") return one.kind === "loading" ? "…" : w.quoteMissing;
    return quoteText(one.entry, model.profile(one.entry.from).name, one.entry.from === model.me()?.id);
  });
  function go(): void {
    props.onJump(seq());
    setAt(at() + 1);
  }
  return (
    <nav class="pinned" aria-label={w.pinnedMessages}>
      <button type="button" class="pinned-one" onClick={go}>
        <Icon name="pin" />
        <span class="pinned-words">
          <span class="pinned-title">{w.pinned(place() + 1, props.pins.length)}</span>{" "}
          <bdi class="pinned-text">{text()}</bdi>
        </span>
      </button>
    </nav>
  );
}
