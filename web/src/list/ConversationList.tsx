/** The left pane: who one is, the search box, and the conversations or what the search found. */
import { createSignal, Show } from "solid-js";
import type { JSX } from "solid-js";
import { show } from "../app/Shortcuts.tsx";
import { IconButton } from "../ui/index.ts";
import { ListHeader } from "./ListHeader.tsx";
import { Rows } from "./Rows.tsx";
import { SearchBox } from "./SearchBox.tsx";
import { SearchPanel } from "./SearchPanel.tsx";
import { w } from "./words.ts";
import "./list.css";

export function ConversationList(): JSX.Element {
  const [query, setQuery] = createSignal("");
  let panel: HTMLDivElement | undefined;
  const focusFirst = () => panel?.querySelector<HTMLElement>("a, button")?.focus();
  return (
    <>
      <ListHeader />
      <div class="list-bar">
        <SearchBox query={query()} onInput={setQuery} onDown={focusFirst} />
        <IconButton icon="compose" label={w.newConversation} popup="dialog" class="list-compose" onClick={() => show("person")} />
      </div>
      <div class="list-panel" ref={panel}>
        <Show when={query().trim() !== ""} fallback={<Rows />}>
          <SearchPanel query={query().trim()} onDone={() => setQuery("")} />
        </Show>
      </div>
    </>
  );
}
