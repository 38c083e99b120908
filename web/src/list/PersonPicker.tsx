/** Begins a conversation with anybody on the server. */
import { createMemo, createSignal } from "solid-js";
import type { JSX } from "solid-js";
import { errorText } from "../app/errors.ts";
import { go } from "../app/route.ts";
import { show } from "../app/Shortcuts.tsx";
import { useModel } from "../model/model.ts";
import { Icon } from "../ui/index.ts";
import { ofPerson } from "./candidates.ts";
import { find } from "./find.ts";
import { createEverybody } from "./pages.ts";
import { Picker } from "./Picker.tsx";
import { w } from "./words.ts";

export function PersonPicker(props: { onClose(): void }): JSX.Element {
  const model = useModel();
  const [typed, setTyped] = createSignal("");
  const { people, isLoading, problem, more } = createEverybody();
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
      before={
        <button type="button" class="picker-begin" onClick={() => show("group")}>
          <span class="picker-begin-icon"><Icon name="people" /></span>
          {w.newGroup}
        </button>
      }
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
