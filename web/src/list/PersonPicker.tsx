/** Begins a conversation with anybody on the server. */
import { createMemo, createSignal, onCleanup } from "solid-js";
import type { JSX } from "solid-js";
import type { UserProfile } from "@hongyan/client";
import { errorText } from "../app/errors.ts";
import { go } from "../app/route.ts";
import { useModel } from "../model/model.ts";
import { ofPerson } from "./candidates.ts";
import { find } from "./find.ts";
import { Picker } from "./Picker.tsx";
import { w } from "./words.ts";

const PAGE = 100;
/** A whole directory is not for scrolling: beyond this, typing finds people. */
const MOST = 2000;

export function PersonPicker(props: { onClose(): void }): JSX.Element {
  const model = useModel();
  const [typed, setTyped] = createSignal("");
  const { people, isLoading, problem, more } = usePages();
  const known = createMemo(() => people().map((person) => ofPerson(model, person)));
  const found = find(model, typed, known);
  const status = () => {
    if (typed().trim() !== "") return found.status();
    if (isLoading()) return w.loading;
    const failed = problem();
    if (failed !== null) return model.connection().kind === "online" ? errorText(failed) : w.personOffline;
    return known().length === 0 ? w.personNone : undefined;
  };
  return (
    <Picker
      title={w.personTitle}
      hint={w.personHint}
      options={found.options()}
      status={status()}
      onInput={setTyped}
      onEnd={() => typed().trim() === "" && void more()}
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
  return { people, isLoading, problem, more };
}
