/** The message that a reply answers, in two lines. A click goes there. */
import { createMemo, Match, Switch } from "solid-js";
import type { JSX } from "solid-js";
import type { Entry } from "@hongyan/client";
import { useModel } from "../../model/model.ts";
import { isolated } from "../../text/bidi.ts";
import { snippet } from "../../text/snippet.ts";
import { textOf } from "../log/rows.ts";
import type { PlaceView } from "../log/views.ts";
import type { Quoted } from "../log/quotes.ts";
import { messageAt } from "../log/window.ts";
import { w } from "../words.ts";

/** A message by seq: from the window where it is there, else from where it is kept. Reactive. */
export function quoted(view: PlaceView, seq: number): Quoted {
  const window = view.log.window();
  const entry = window === null ? undefined : messageAt(window, seq);
  return entry === undefined ? view.quotes.at(seq) : { kind: "found", entry };
}

export function Quote(props: { seq: number; view: PlaceView; onJump(seq: number): void }): JSX.Element {
  const model = useModel();
  const found = createMemo<Entry | "loading" | "missing">(() => {
    const one = quoted(props.view, props.seq);
    return one.kind === "found" ? one.entry : one.kind;
  });
  const entry = () => {
    const one = found();
    return typeof one === "string" ? null : one;
  };
  return (
    <Switch fallback={<div class="quote quote-empty" aria-busy="true">…</div>}>
      <Match when={found() === "missing"}><div class="quote quote-empty">{w.quoteMissing}</div></Match>
      <Match when={entry()}>
        {(one) => {
          const name = () => (one().from === model.me()?.id ? w.you : model.profile(one().from).name);
          return (
            <button type="button" class="quote" title={w.goToQuote(name())} onClick={() => props.onJump(props.seq)}>
              <bdi class="quote-author">{name()}</bdi>
              <span class="quote-text" dir="auto">{quoteText(one(), model.profile(one().from).name, one().from === model.me()?.id)}</span>
            </button>
          );
        }}
      </Match>
    </Switch>
  );
}

/** What a quoted message says, in one line. */
export function quoteText(entry: Entry, name: string, own: boolean): string {
  if (entry.recalled_by !== undefined) return own ? w.ownRecalled : w.recalled(isolated(name));
  const text = textOf(entry);
  return text === null ? w.unsupported : snippet(text);
}
