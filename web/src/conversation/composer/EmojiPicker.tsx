/**
 * Emoji to choose from, by sight or by name in either language.
 *
 * Promises: the keyboard is enough: the focus stays in the search field, arrows choose, Enter takes, Esc closes.
 */
import { createEffect, createMemo, createSignal, createUniqueId, For, on, onCleanup, onMount, Show } from "solid-js";
import type { JSX } from "solid-js";
import { language } from "../../i18n/index.ts";
import { placeBeside } from "../../ui/place.ts";
import { w } from "../words.ts";
import { hasKeyboard } from "./device.ts";
import { groupsOf, nextOption } from "./emoji-choice.ts";
import type { Choice } from "./emoji-choice.ts";
import { remember } from "./emoji-recent.ts";
import "./emoji-picker.css";

export interface EmojiPickerProps {
  /** What it belongs to, or a point of the window. */
  anchor: HTMLElement | { x: number; y: number };
  onPick(emoji: string): void;
  onClose(): void;
}

export function EmojiPicker(props: EmojiPickerProps): JSX.Element {
  const listId = createUniqueId();
  const [query, setQuery] = createSignal("");
  const [active, setActive] = createSignal(0);
  const groups = createMemo(() => groupsOf(query(), language()));
  const all = createMemo(() => groups().flatMap((group) => group.choices));
  const optionId = (at: number) => `${listId}-${at}`;
  let panel!: HTMLDivElement;
  let field!: HTMLInputElement;

  createEffect(on(query, () => setActive(0), { defer: true }));
  createEffect(on(active, (at) => document.getElementById(optionId(at))?.scrollIntoView({ block: "nearest" }), { defer: true }));
  onMount(() => {
    panel.showPopover();
    placeBeside(panel, props.anchor);
    // On a phone the keys would cover what is looked at.
    if (hasKeyboard()) field.focus();
  });
  const before = document.activeElement;
  onCleanup(() => {
    const to = props.anchor instanceof HTMLElement ? props.anchor : before;
    if (panel.contains(document.activeElement) && to instanceof HTMLElement && to.isConnected) to.focus();
  });

  function take(choice: Choice | undefined): void {
    if (choice === undefined) return;
    remember(choice.emoji, "emoji");
    props.onClose();
    props.onPick(choice.emoji);
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;
    const next = nextOption(event.key, active(), all().length);
    if (event.key === "Enter") take(all()[active()]);
    else if (event.key === "Escape") props.onClose();
    else if (next !== null) setActive(next);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
  return (
    <div
      ref={panel}
      class="emoji-picker"
      role="dialog"
      aria-label={w.pickEmoji}
      popover="auto"
      onKeyDown={onKeyDown}
      onToggle={(event) => event.newState === "closed" && props.onClose()}
    >
      <input
        ref={field}
        class="input emoji-picker-field"
        role="combobox"
        aria-label={w.searchEmoji}
        aria-expanded="true"
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={all().length > 0 ? optionId(active()) : undefined}
        placeholder={w.searchEmoji}
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        maxlength="40"
        onInput={(event) => setQuery(event.currentTarget.value)}
      />
      <div class="emoji-picker-list" id={listId} role="listbox" aria-label={w.pickEmoji}>
        <For each={groups()}>
          {(group) => (
            <div role="group" aria-label={w[group.name]}>
              <p class="emoji-picker-title" aria-hidden="true">{w[group.name]}</p>
              <div class="emoji-picker-grid" role="presentation">
                <For each={group.choices}>
                  {(choice, at) => (
                    <span
                      id={optionId(group.from + at())}
                      class="emoji-picker-one"
                      role="option"
                      aria-selected={group.from + at() === active()}
                      aria-label={choice.name}
                      title={choice.name}
                      onPointerMove={() => setActive(group.from + at())}
                      onClick={() => take(choice)}
                    >
                      {choice.emoji}
                    </span>
                  )}
                </For>
              </div>
            </div>
          )}
        </For>
      </div>
      <p class="emoji-picker-name" role="status">
        <Show when={all()[active()]} fallback={w.noEmoji}>{(choice) => <><span aria-hidden="true">{choice().emoji}</span> {choice().name}</>}</Show>
      </p>
    </div>
  );
}
