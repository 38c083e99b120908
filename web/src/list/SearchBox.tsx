import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { Icon, IconButton } from "../ui/index.ts";
import { w } from "./words.ts";

export function SearchBox(props: { query: string; onInput(query: string): void; onDown(): void }): JSX.Element {
  let field!: HTMLInputElement;
  function clear(): void {
    props.onInput("");
    field.focus();
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape" && props.query !== "") {
      event.preventDefault();
      event.stopPropagation();
      clear();
    } else if (event.key === "ArrowDown" && !event.altKey) {
      event.preventDefault();
      props.onDown();
    }
  }
  return (
    <search class="list-search">
      <Icon name="search" class="list-search-icon" />
      <input
        ref={field}
        class="input list-search-input"
        type="search"
        aria-label={w.searchHint}
        placeholder={w.search}
        value={props.query}
        maxlength="200"
        autocomplete="off"
        spellcheck={false}
        enterkeyhint="search"
        dir="auto"
        onInput={(event) => props.onInput(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <Show when={props.query !== ""}>
        <IconButton icon="close" label={w.clearSearch} class="list-search-clear" onClick={clear} />
      </Show>
    </search>
  );
}
