/**
 * Messages kept on this device that match a query, the newest first.
 *
 * Owns: running one search at a time. Promises: a newer query ends the older one at once; results
 * show while the search goes on. Not here: the search box, and the conversation that a result opens.
 */
import { createEffect, createMemo, createSignal, For, on, onCleanup, Show } from "solid-js";
import type { JSX } from "solid-js";
import { formatFull, formatShort } from "../i18n/index.ts";
import { useModel } from "../model/model.ts";
import type { Place } from "../model/keys.ts";
import { Avatar } from "../ui/index.ts";
import { bringingOf } from "./bringing.ts";
import type { Hit } from "./matcher.ts";
import { Older } from "./Older.tsx";
import { scan } from "./scan.ts";
import type { Scan } from "./scan.ts";
import "./search.css";
import { pieces } from "./snippet.ts";
import { w } from "./words.ts";

/** Hits shown at first, and again with each "more". */
const PAGE = 100;
/** Typing goes on for about as long between two letters. */
const SETTLE_MS = 120;

const NOTHING: Scan = { terms: [], hits: [], more: false, done: false };

export interface SearchResultsProps {
  query: string;
  /** Looks in this conversation alone. */
  within?: number;
  onOpen(place: Place, seq: number): void;
}

export function SearchResults(props: SearchResultsProps): JSX.Element {
  const model = useModel();
  const [state, setState] = createSignal<Scan>(NOTHING);
  const [most, setMost] = createSignal(PAGE);
  // The same as long as the query is: what is drawn already is not drawn again when more is found.
  const terms = createMemo(() => state().terms);

  createEffect(on(() => props.query, () => setMost(PAGE), { defer: true }));
  createEffect(on([() => props.query, most, bringingOf(model.client).steps], ([query]) => {
    const stop = new AbortController();
    const timer = setTimeout(() => {
      setState((before) => ({ ...before, done: false }));
      // What was found for the last query stays until there is something for this one.
      void scan(model.client, { query, most: most(), within: props.within ?? null }, stop.signal, setState);
    }, SETTLE_MS);
    onCleanup(() => {
      clearTimeout(timer);
      stop.abort();
    });
  }));

  return (
    <section class="search" aria-label={w.results} aria-busy={!state().done}>
      <p class="search-state" role="status">{statusOf(state())}</p>
      <Older />
      <ol class="search-list">
        <For each={state().hits}>{(hit) => <Result hit={hit} terms={terms()} onOpen={props.onOpen} />}</For>
      </ol>
      <Show when={state().more}>
        <button type="button" class="button button-quiet search-more" onClick={() => setMost(most() + PAGE)}>{w.more}</button>
      </Show>
    </section>
  );
}

function statusOf({ hits, more, done }: Scan): string {
  if (!done) return w.searching;
  if (hits.length === 0) return w.nothing;
  return more ? w.foundMore(hits.length) : w.found(hits.length);
}

function Result(props: { hit: Hit; terms: readonly string[]; onOpen(place: Place, seq: number): void }): JSX.Element {
  const model = useModel();
  const entry = () => props.hit.entry;
  const place = () => model.canonical({ conv: entry().conv });
  const author = () => (entry().from === model.me()?.id ? w.you : model.profile(entry().from).name);
  const shown = createMemo(() => pieces(props.hit.text, props.terms));
  return (
    <li>
      <button type="button" class="search-result" onClick={() => props.onOpen({ conv: entry().conv }, entry().seq)}>
        <Avatar id={entry().from} name={model.profile(entry().from).name} size="s" />
        <span class="search-body">
          <span class="search-head">
            <bdi class="search-where">{model.title(place())}</bdi>
            <time title={formatFull(entry().at)}>{formatShort(entry().at, model.now())}</time>
          </span>
          <span class="search-text" dir="auto">
            <Show when={entry().from === model.me()?.id || !("to" in place())}><bdi class="search-author">{author()}</bdi>{": "}</Show>
            <For each={shown()}>{(piece) => (piece.found ? <mark class="search-found">{piece.text}</mark> : piece.text)}</For>
          </span>
        </span>
      </button>
    </li>
  );
}
