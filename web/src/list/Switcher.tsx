import { createMemo, createSignal, onMount } from "solid-js";
import type { JSX } from "solid-js";
import { go } from "../app/route.ts";
import { useModel } from "../model/model.ts";
import { candidates } from "./candidates.ts";
import { find } from "./find.ts";
import { Picker } from "./Picker.tsx";
import { w } from "./words.ts";

/** As many as can be looked over; typing on finds the others. */
const MOST = 50;

/** Jumps to a conversation or a person by name. */
export function Switcher(props: { onClose(): void }): JSX.Element {
  const model = useModel();
  const [typed, setTyped] = createSignal("");
  const known = createMemo(() => candidates(model));
  const found = find(model, typed, known, MOST);
  // Somebody to choose from before anything is typed; without a connection, those who are known.
  onMount(() => void model.client.users({ limit: MOST }).catch(() => {}));
  return (
    <Picker
      title={w.switcher}
      hint={w.switcherHint}
      options={found.options()}
      status={found.status()}
      onInput={setTyped}
      onChoose={(option) => {
        props.onClose();
        go({ page: "conversation", place: option.place });
      }}
      onClose={props.onClose}
    />
  );
}
