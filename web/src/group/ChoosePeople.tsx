/**
 * A dialog to choose some people by typing, perhaps with a name for what they make.
 *
 * Promises: the keyboard is enough: the focus stays in the field, arrows move, Enter chooses or takes back, Backspace in
 * an empty field takes the last one back; keys that an input method uses are left to it.
 */
import { createEffect, createMemo, createSignal, createUniqueId, For, Show } from "solid-js";
import type { JSX } from "solid-js";
import { errorText } from "../app/errors.ts";
import { ofPerson } from "../list/candidates.ts";
import type { Candidate } from "../list/candidates.ts";
import { find } from "../list/find.ts";
import { FoundTitle } from "../list/FoundTitle.tsx";
import { createEverybody } from "../list/pages.ts";
import { useModel } from "../model/model.ts";
import { createForm } from "../settings/form.ts";
import { Outcome } from "../settings/Page.tsx";
import { Avatar, Dialog, Icon } from "../ui/index.ts";
import "./group.css";
import { w } from "./words.ts";

/** At a time, as the server has it. */
const MOST = 100;
/** From the end of the list, in pixels, at which the next people are asked for. */
const NEAR = 200;

export interface ChoosePeopleProps {
  title: string;
  /** What the button that does it says. */
  action: string;
  /** Asked for too; what is suggested for these people where nothing is typed. */
  suggestName?: (users: readonly number[]) => string;
  /** Whether somebody cannot be chosen. */
  isTaken(user: number): boolean;
  /** Does it. What it rejects with is told, and the dialog stays. */
  onDone(users: readonly number[], name: string): Promise<void>;
  onClose(): void;
}

export function ChoosePeople(props: ChoosePeopleProps): JSX.Element {
  const model = useModel();
  const form = createForm();
  const listId = createUniqueId();
  const [typed, setTyped] = createSignal("");
  const [name, setName] = createSignal("");
  const [users, setUsers] = createSignal<readonly number[]>([]);
  const [at, setAt] = createSignal<string | null>(null);
  let field!: HTMLInputElement;

  const everybody = createEverybody();
  const known = createMemo(() => everybody.people().map((person) => ofPerson(model, person)));
  const found = find(model, typed, known);
  const options = createMemo(() => found.options().filter((one) => isFree(one)));
  const active = () => Math.max(0, options().findIndex((one) => one.key === at()));
  const optionId = (index: number) => `${listId}-${index}`;
  const isChosen = (one: Candidate) => users().includes(one.id);
  createEffect(() => document.getElementById(optionId(active()))?.scrollIntoView({ block: "nearest" }));

  function isFree({ place, id }: Candidate): boolean {
    return "to" in place && id !== model.me()?.id && !props.isTaken(id);
  }
  function toggle(user: number): void {
    if (users().includes(user)) return void setUsers(users().filter((one) => one !== user));
    if (users().length >= MOST) return form.refuse(() => w.tooMany(MOST));
    setUsers([...users(), user]);
    field.value = "";
    setTyped("");
    setAt(`to:${user}`);
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing || event.keyCode === 229) return;
    const count = options().length;
    const option = options()[active()];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (count > 0) setAt(options()[(active() + (event.key === "ArrowDown" ? 1 : count - 1)) % count]!.key);
    } else if (event.key === "Enter") {
      if (event.ctrlKey || event.metaKey) submit();
      else if (option !== undefined) toggle(option.id);
    } else {
      if (event.key === "Backspace" && field.value === "") setUsers(users().slice(0, -1));
      return;
    }
    event.preventDefault();
  }
  const suggested = () => props.suggestName?.(users()) ?? "";
  const canSubmit = () => users().length > 0 || name().trim() !== "";
  function submit(): void {
    if (!canSubmit()) return;
    void form.run(() => props.onDone(users(), name().trim() === "" ? suggested() : name().trim()), () => "");
  }
  const status = () => {
    if (typed().trim() !== "") return options().length === 0 ? (found.status() ?? w.nobody) : found.status();
    if (everybody.isLoading()) return w.loading;
    const failed = everybody.problem();
    return failed === null ? undefined : model.connection().kind === "online" ? errorText(failed) : w.findingPeople;
  };

  return (
    <Dialog title={props.title} onClose={props.onClose} class="picker choose">
      <form class="choose-form" onSubmit={(event) => { event.preventDefault(); submit(); }}>
        <Show when={props.suggestName}>
          <div class="choose-name">
            <Avatar id={model.me()?.id ?? 0} name={name().trim() || suggested() || w.newGroup} size="m" isGroup />
            <input
              class="input" name="name" aria-label={w.groupName} placeholder={suggested() || w.groupName} maxlength="100" autocomplete="off" dir="auto"
              onInput={(event) => setName(event.currentTarget.value)}
            />
          </div>
        </Show>
        <div class="picker-field">
          <input
            ref={field} class="input" role="combobox" aria-label={w.people} aria-expanded="true" aria-controls={listId} aria-autocomplete="list"
            aria-activedescendant={options().length > 0 ? optionId(active()) : undefined}
            placeholder={w.people} autocomplete="off" autocapitalize="none" spellcheck={false} maxlength="200" dir="auto" autofocus
            onInput={(event) => {
              setAt(null);
              setTyped(event.currentTarget.value);
            }}
            onKeyDown={onKeyDown}
          />
        </div>
        <Show when={users().length > 0}>
          <ul class="choose-chips" aria-label={w.chosen}>
            <For each={users()}>{(user) => <li><Chip user={user} onClick={() => toggle(user)} /></li>}</For>
          </ul>
        </Show>
        <ul
          class="picker-list" id={listId} role="listbox" aria-multiselectable="true" aria-label={props.title}
          onScroll={({ currentTarget: box }) => box.scrollHeight - box.scrollTop - box.clientHeight < NEAR && typed().trim() === "" && void everybody.more()}
        >
          <For each={options()}>
            {(option, index) => (
              <li
                class="picker-option" classList={{ "choose-active": index() === active() }} id={optionId(index())} role="option" aria-selected={isChosen(option)}
                onPointerMove={() => setAt(option.key)} onClick={() => toggle(option.id)}
              >
                <Avatar id={option.id} name={option.title} size="s" />
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

function Chip(props: { user: number; onClick(): void }): JSX.Element {
  const model = useModel();
  const name = () => model.shownName(model.profile(props.user));
  return (
    <button type="button" class="chip" aria-label={w.takeOut(name())} onClick={() => props.onClick()}>
      <bdi class="chip-name">{name()}</bdi>
      <Icon name="close" />
    </button>
  );
}
