/** Begins a conversation with anybody on the server. */
import { createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import type { JSX } from "solid-js";
import type { UserProfile } from "@hongyan/client";
import { errorText } from "../app/errors.ts";
import { go } from "../app/route.ts";
import { useModel } from "../model/model.ts";
import { ofPerson } from "./candidates.ts";
import { filter } from "./match.ts";
import { Picker } from "./Picker.tsx";
import { w } from "./words.ts";

const PAGE = 100;
/** A whole directory is not for scrolling: beyond this, the exact login name finds people. */
const MOST = 2000;
/** What is typed is looked up when the typing pauses. */
const PAUSE_MS = 250;

export function PersonPicker(props: { onClose(): void }): JSX.Element {
  const model = useModel();
  const [query, setQuery] = createSignal("");
  const { people, isLoading, problem, more, add } = usePages();
  const options = createMemo(() =>
    filter(query(), people(), (person) => [person.name, person.login])
      .map((person) => ofPerson(model, person)),
  );
  // Nobody by that name so far: they may stand on a later page, or be found by login name.
  createEffect(
    on(query, (wanted) => {
      if (wanted.trim() === "" || options().length > 0) return;
      const timer = setTimeout(() => void find(wanted.trim()), PAUSE_MS);
      onCleanup(() => clearTimeout(timer));
    }),
  );
  async function find(login: string): Promise<void> {
    const found = await model.client.findUser(login).catch(() => null);
    if (found !== null) add([found]);
    if (found === null && query().trim() === login) void more();
  }
  const status = () => {
    if (isLoading()) return w.loading;
    const failed = problem();
    if (failed !== null) return model.connection().kind === "online" ? errorText(failed) : w.personOffline;
    return options().length === 0 ? w.personNone : undefined;
  };
  return (
    <Picker
      title={w.personTitle}
      hint={w.personHint}
      options={options()}
      status={status()}
      onInput={setQuery}
      onEnd={() => void more()}
      onChoose={(option) => {
        props.onClose();
        go({ page: "conversation", place: model.canonical(option.place) });
      }}
      onClose={props.onClose}
    />
  );
}

/** Everybody on the server, page by page; to begin with, those who are known here. */
function usePages() {
  const model = useModel();
  const [people, setPeople] = createSignal<readonly UserProfile[]>(model.people());
  const [isLoading, setLoading] = createSignal(false);
  const [problem, setProblem] = createSignal<unknown>(null);
  let after = 0;
  let isComplete = false;
  let isClosed = false;
  onCleanup(() => (isClosed = true));

  function add(found: readonly UserProfile[]): void {
    model.learn(found);
    const known = new Set(people().map((person) => person.id));
    setPeople([...people(), ...found.filter((person) => !known.has(person.id))]);
  }
  async function more(): Promise<void> {
    if (isLoading() || isComplete || isClosed) return;
    setLoading(true);
    try {
      const page = await model.client.users({ after, limit: PAGE });
      add(page);
      after = page.at(-1)?.id ?? after;
      isComplete = page.length === 0 || people().length >= MOST;
      setProblem(null);
    } catch (error) {
      setProblem(() => error);
    } finally {
      setLoading(false);
    }
  }
  void more();
  return { people, isLoading, problem, more, add };
}
