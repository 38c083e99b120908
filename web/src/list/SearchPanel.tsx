/** What the search box finds: names at once, messages below as they are found. */
import { createMemo, For, lazy, Show, Suspense } from "solid-js";
import type { JSX } from "solid-js";
import { format, go } from "../app/route.ts";
import type { Place } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import { Avatar } from "../ui/index.ts";
import { candidates } from "./candidates.ts";
import { find } from "./find.ts";
import { FoundTitle } from "./FoundTitle.tsx";
import { moveFocus } from "./Rows.tsx";
import { w } from "./words.ts";

const SearchResults = lazy(async () => ({ default: (await import("../search/SearchResults.tsx")).SearchResults }));

/** More names than this are no help: typing on is. */
const MOST = 8;

export function SearchPanel(props: { query: string; onDone(): void }): JSX.Element {
  const model = useModel();
  const known = createMemo(() => candidates(model));
  const found = find(model, () => props.query, known, MOST);

  function open(place: Place, at?: number): void {
    go(at === undefined ? { page: "conversation", place } : { page: "conversation", place, at });
  }
  return (
    <div class="list-scroll" onKeyDown={moveFocus}>
      <h2 class="list-heading">{w.people}</h2>
      <ul aria-label={w.people}>
        <For each={found.options()}>
          {(one) => (
            <li>
              <a
                class="found-link"
                href={format({ page: "conversation", place: one.place })}
                onClick={(event) => {
                  event.preventDefault();
                  props.onDone();
                  open(one.place);
                }}
              >
                <Avatar id={one.id} name={one.title} size="s" isGroup={"conv" in one.place} />
                <FoundTitle of={one} />
                <Show when={one.detail}>{(detail) => <span class="found-detail">{detail()}</span>}</Show>
              </a>
            </li>
          )}
        </For>
      </ul>
      <p class="list-none" role="status">{found.status()}</p>
      <h2 class="list-heading">{w.messages}</h2>
      <Suspense>
        <SearchResults query={props.query} onOpen={open} />
      </Suspense>
    </div>
  );
}
