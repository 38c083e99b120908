/**
 * A dialog to choose one of many by typing.
 *
 * Promises: the keyboard is enough: the focus stays in the field, arrows choose, Enter takes; keys
 * that an input method uses are left to it.
 */
import { createEffect, createSignal, createUniqueId, For, Show } from "solid-js";
import type { JSX } from "solid-js";
import { Avatar, Dialog } from "../ui/index.ts";
import type { Candidate } from "./candidates.ts";
import { FoundTitle } from "./FoundTitle.tsx";
import { w } from "./words.ts";

export interface PickerProps {
  title: string;
  hint: string;
  options: readonly Candidate[];
  /** Below the options: what is under way, or that nothing fits. */
  status?: string | undefined;
  onInput(query: string): void;
  onChoose(option: Candidate): void;
  /** Stands between the field and the options. */
  before?: JSX.Element;
  /** The end of the list came into sight. */
  onEnd?(): void;
  onClose(): void;
}

export function Picker(props: PickerProps): JSX.Element {
  const listId = createUniqueId();
  // By its key, so that it stays when others come before it; the first as long as none was chosen, or the chosen one went.
  const [chosen, setChosen] = createSignal<string | null>(null);
  const active = () => Math.max(0, props.options.findIndex((option) => option.key === chosen()));
  const setActive = (index: number) => setChosen(props.options[index]?.key ?? null);
  const optionId = (index: number) => `${listId}-${index}`;
  createEffect(() => document.getElementById(optionId(active()))?.scrollIntoView({ block: "nearest" }));

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;
    const count = props.options.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (count > 0) setActive((active() + (event.key === "ArrowDown" ? 1 : count - 1)) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const option = props.options[active()];
      if (option !== undefined) props.onChoose(option);
    }
  }
  return (
    <Dialog title={props.title} onClose={props.onClose} class="picker">
      <div class="picker-field">
        <input
          class="input"
          role="combobox"
          aria-label={props.hint}
          aria-expanded="true"
          aria-controls={listId}
          aria-autocomplete="list"
          aria-activedescendant={props.options.length > 0 ? optionId(active()) : undefined}
          placeholder={props.hint}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          maxlength="200"
          dir="auto"
          autofocus
          onInput={(event) => {
            setChosen(null);
            props.onInput(event.currentTarget.value);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      {props.before}
      <ul class="picker-list" id={listId} role="listbox" aria-label={props.title} onScroll={(event) => isAtEnd(event.currentTarget) && props.onEnd?.()}>
        <For each={props.options}>
          {(option, index) => (
            <li
              class="picker-option"
              id={optionId(index())}
              role="option"
              aria-selected={index() === active()}
              onPointerMove={() => setActive(index())}
              onClick={() => props.onChoose(option)}
            >
              <Avatar id={option.id} name={option.title} size="s" isGroup={"conv" in option.place} />
              <FoundTitle of={option} />
              <span class="found-detail">{option.detail}</span>
              <Show when={option.unread > 0}><span class="row-badge">{option.unread}</span></Show>
            </li>
          )}
        </For>
      </ul>
      <p class="picker-status" role="status">{props.status}</p>
      <p class="picker-keys" aria-hidden="true">{w.openHint}</p>
    </Dialog>
  );
}

const NEAR = 200;

function isAtEnd(box: HTMLElement): boolean {
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
}
