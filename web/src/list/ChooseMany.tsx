/**
 * A dialog to choose several of many by typing.
 *
 * Promises: the keyboard is enough: the focus stays in the field, arrows move, Enter chooses or takes back, Backspace in
 * an empty field takes the last one back; keys that an input method uses are left to it. What `onDone` rejects with is
 * told, and the dialog stays.
 */
import { createEffect, createMemo, createSignal, createUniqueId, For, Show } from "solid-js";
import type { Accessor, JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { createForm } from "../settings/form.ts";
import { Outcome } from "../settings/Page.tsx";
import { Avatar, Dialog, Icon } from "../ui/index.ts";
import type { Candidate } from "./candidates.ts";
import "./choose.css";
import { find } from "./find.ts";
import { FoundTitle } from "./FoundTitle.tsx";
import { w } from "./words.ts";

/** From the end of the list, in pixels, at which more are asked for. */
const NEAR = 200;

export interface ChooseManyProps {
  title: string;
  hint: string;
  /** What the button that does it says. */
  action: string;
  /** Whom or what this device knows. */
  known: readonly Candidate[];
  /** Whether it can be chosen. */
  isFree(option: Candidate): boolean;
  /** At a time. */
  most: number;
  /** Where nothing is typed. */
  status?: string | undefined;
  /** Stands above the field. */
  before?(chosen: Accessor<readonly Candidate[]>): JSX.Element;
  /** Whether it can be done; where something is chosen unless this says more. */
  isReady?(chosen: readonly Candidate[]): boolean;
  /** The end of the list came into sight. */
  onEnd?(): void;
  onDone(chosen: readonly Candidate[]): Promise<void>;
  onClose(): void;
}

export function ChooseMany(props: ChooseManyProps): JSX.Element {
  const model = useModel();
  const form = createForm();
  const listId = createUniqueId();
  const [typed, setTyped] = createSignal("");
  const [chosen, setChosen] = createSignal<readonly Candidate[]>([]);
  const [at, setAt] = createSignal<string | null>(null);
  let field!: HTMLInputElement;

  const found = find(model, typed, () => props.known);
  const options = createMemo(() => found.options().filter((one) => props.isFree(one)));
  const active = () => Math.max(0, options().findIndex((one) => one.key === at()));
  const optionId = (index: number) => `${listId}-${index}`;
  const isChosen = ({ key }: Candidate) => chosen().some((one) => one.key === key);
  createEffect(() => document.getElementById(optionId(active()))?.scrollIntoView({ block: "nearest" }));

  function toggle(option: Candidate): void {
    if (isChosen(option)) return void setChosen(chosen().filter(({ key }) => key !== option.key));
    if (chosen().length >= props.most) return form.refuse(() => w.tooMany(props.most));
    setChosen([...chosen(), option]);
    field.value = "";
    setTyped("");
    setAt(option.key);
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;
    const count = options().length;
    const option = options()[active()];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (count > 0) setAt(options()[(active() + (event.key === "ArrowDown" ? 1 : count - 1)) % count]!.key);
    } else if (event.key === "Enter") {
      if (event.ctrlKey || event.metaKey) submit();
      else if (option !== undefined) toggle(option);
    } else {
      if (event.key === "Backspace" && field.value === "") setChosen(chosen().slice(0, -1));
      return;
    }
    event.preventDefault();
  }
  const canSubmit = () => props.isReady?.(chosen()) ?? chosen().length > 0;
  function submit(): void {
    if (canSubmit()) void form.run(() => props.onDone(chosen()), () => "");
  }
  const status = () => {
    if (typed().trim() === "") return props.status;
    return options().length === 0 ? (found.status() ?? w.noNames) : found.status();
  };

  return (
    <Dialog title={props.title} onClose={props.onClose} class="picker choose">
      <form class="choose-form" onSubmit={(event) => { event.preventDefault(); submit(); }}>
        {props.before?.(chosen)}
        <div class="picker-field">
          <input
            ref={field} class="input" role="combobox" aria-label={props.hint} aria-expanded="true" aria-controls={listId} aria-autocomplete="list"
            aria-activedescendant={options().length > 0 ? optionId(active()) : undefined}
            placeholder={props.hint} autocomplete="off" autocapitalize="none" spellcheck={false} maxlength="200" dir="auto" autofocus
            onInput={(event) => {
              setAt(null);
              setTyped(event.currentTarget.value);
            }}
            onKeyDown={onKeyDown}
          />
        </div>
        <Show when={chosen().length > 0}>
          <ul class="choose-chips" aria-label={w.chosen}>
            <For each={chosen()}>{(one) => <li><Chip title={one.title} onClick={() => toggle(one)} /></li>}</For>
          </ul>
        </Show>
        <ul
          class="picker-list" id={listId} role="listbox" aria-multiselectable="true" aria-label={props.title}
          onScroll={({ currentTarget: box }) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR && typed().trim() === "" && props.onEnd?.()}
        >
          <For each={options()}>
            {(option, index) => (
              <li
                class="picker-option" classList={{ "choose-active": index() === active() }} id={optionId(index())} role="option" aria-selected={isChosen(option)}
                onPointerMove={() => setAt(option.key)} onMouseDown={(event) => event.preventDefault()} onClick={() => toggle(option)}
              >
                <Avatar id={option.id} name={option.title} size="s" isGroup={"conv" in option.place} />
                <FoundTitle of={option} />
                <span class="found-detail">{option.detail}</span>
                <span class="choose-mark"><Show when={isChosen(option)}><Icon name="check" /></Show></span>
              </li>
            )}
          </For>
        </ul>
        <p class="picker-status" role="status">{status()}</p>
        <div class="choose-foot">
          <Outcome text={form.text()} isProblem={form.isProblem()} />
          <button type="button" class="button" onClick={() => props.onClose()}>{w.cancel}</button>
          <button type="submit" class="button button-main" disabled={!canSubmit()} aria-disabled={form.isBusy()}>{props.action}</button>
        </div>
      </form>
    </Dialog>
  );
}

function Chip(props: { title: string; onClick(): void }): JSX.Element {
  return (
    <button type="button" class="chip" aria-label={w.takeOut(props.title)} onClick={() => props.onClick()}>
      <bdi class="chip-name">{props.title}</bdi>
      <Icon name="close" />
    </button>
  );
}
