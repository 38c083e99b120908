/** How text is marked up, below the field. For who has a keyboard to do it with; the help says it to all. */
import { For, Show } from "solid-js";
import type { JSX } from "solid-js";
import { w } from "../words.ts";
import { hasKeyboard } from "./device.ts";

export function Hint(props: { isShown: boolean }): JSX.Element {
  const marks = () => [`**${w.hintBold}**`, `*${w.hintItalic}*`, `\`${w.hintCode}\``, `> ${w.hintQuote}`];
  return (
    <p class="composer-hint" aria-hidden="true">
      <Show when={props.isShown && hasKeyboard()}>
        <For each={marks()}>{(mark) => <span class="composer-hint-mark">{mark}</span>}</For>
        <span>{w.hintLine}</span>
      </Show>
    </p>
  );
}
