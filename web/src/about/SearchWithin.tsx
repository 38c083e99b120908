/** Looks for messages of one conversation. */
import { createSignal, onMount, Show } from "solid-js";
import type { JSX } from "solid-js";
import { go } from "../app/route.ts";
import { moveFocus } from "../list/Rows.tsx";
import type { Place } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import { SearchResults } from "../search/SearchResults.tsx";
import { Dialog } from "../ui/index.ts";
import { w } from "./words.ts";

export function SearchWithin(props: { place: Place; onClose(): void }): JSX.Element {
  const model = useModel();
  const [query, setQuery] = createSignal("");
  const conv = () => model.conversation(props.place)?.conv;
  let field!: HTMLInputElement;
  let found!: HTMLDivElement;
  onMount(() => field.focus());
  return (
    <Dialog title={w.searchIn(model.title(props.place))} onClose={props.onClose} class="picker about-search">
      <div class="picker-field">
        <input
          ref={field}
          class="input"
          type="search"
          aria-label={w.searchHint}
          placeholder={w.searchHint}
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="search"
          maxlength="200"
          dir="auto"
          onInput={(event) => setQuery(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.isComposing || event.keyCode === 229) return;
            // Browsers would only empty the field.
            if (event.key === "Escape") props.onClose();
            else if (event.key === "ArrowDown") found.querySelector<HTMLElement>("button")?.focus();
            else return;
            event.preventDefault();
          }}
        />
      </div>
      <div ref={found} class="about-found" onKeyDown={moveFocus}>
        <Show when={conv() !== undefined && query().trim() !== ""}>
          <SearchResults
            query={query().trim()}
            within={conv()!}
            onOpen={(place, seq) => {
              props.onClose();
              go({ page: "conversation", place, at: seq });
            }}
          />
        </Show>
      </div>
    </Dialog>
  );
}
