/** Where nothing shows yet: the button that begins a conversation, and somebody to begin with. */
import { createMemo, createSignal, For, onCleanup, onMount, Show } from "solid-js";
import type { JSX } from "solid-js";
import type { UserProfile } from "@hongyan/client";
import { format, go } from "../app/route.ts";
import type { Route } from "../app/route.ts";
import { show } from "../app/Shortcuts.tsx";
import { useModel } from "../model/model.ts";
import { Avatar, Icon } from "../ui/index.ts";
import { w } from "./words.ts";

const SUGGESTED = 3;
/** Some of those on the first page are known already. */
const PAGE = 12;

export function Begin(): JSX.Element {
  const people = createSuggested();
  return (
    <div class="begin">
      <button type="button" class="button button-main" onClick={() => show("person")}>
        <Icon name="compose" />
        {w.newConversation}
      </button>
      <Show when={people().length > 0}>
        <ul class="begin-people">
          <For each={people()}>{(person) => <li><Person person={person} /></li>}</For>
        </ul>
      </Show>
    </div>
  );
}

function Person(props: { person: UserProfile }): JSX.Element {
  const model = useModel();
  const route = (): Route => ({ page: "conversation", place: model.canonical({ to: props.person.id }) });
  return (
    <a
      class="begin-person"
      href={format(route())}
      aria-label={w.writeTo(model.shownName(props.person))}
      onClick={(event) => {
        event.preventDefault();
        go(route());
      }}
    >
      <Avatar id={props.person.id} name={props.person.name} size="m" />
      <bdi class="begin-name">{model.shownName(props.person)}</bdi>
    </a>
  );
}

/** Colleagues with whom nothing was said yet; the others where all are known. */
function createSuggested(): () => readonly UserProfile[] {
  const model = useModel();
  const [page, setPage] = createSignal<readonly UserProfile[]>([]);
  let isGone = false;
  onCleanup(() => (isGone = true));
  onMount(() => {
    model.client.users({ limit: PAGE }).then((found) => {
      if (isGone) return;
      model.learn(found);
      setPage(found);
    }, () => {
      // Without a connection nobody is suggested.
    });
  });
  return createMemo(() => {
    const others = page().filter((person) => person.id !== model.me()?.id);
    const strangers = others.filter((person) => model.conversation({ to: person.id }) === null);
    return [...strangers, ...others.filter((person) => !strangers.includes(person))].slice(0, SUGGESTED);
  });
}
