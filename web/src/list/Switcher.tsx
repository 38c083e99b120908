import { createMemo, createSignal, onMount } from "solid-js";
import type { JSX } from "solid-js";
import { go } from "../app/route.ts";
import { useModel } from "../model/model.ts";
import { candidates } from "./candidates.ts";
import { filter } from "./match.ts";
import { Picker } from "./Picker.tsx";
import { w } from "./words.ts";

/** As many as can be looked over; typing on finds the others. */
const MOST = 50;
const PAGE = 200;

/** Jumps to a conversation or a person by name. */
export function Switcher(props: { onClose(): void }): JSX.Element {
  const model = useModel();
  const [query, setQuery] = createSignal("");
  const all = createMemo(() => candidates(model));
  const options = createMemo(() => filter(query(), all(), (one) => one.names).slice(0, MOST));
  // Whoever is found here shows as known from then on; without a connection the known ones do.
  onMount(() => void model.client.users({ limit: PAGE }).catch(() => {}));
  return (
    <Picker
      title={w.switcher}
      hint={w.switcherHint}
      options={options()}
      status={options().length === 0 ? w.noNames : undefined}
      onInput={setQuery}
      onChoose={(option) => {
        props.onClose();
        go({ page: "conversation", place: option.place });
      }}
      onClose={props.onClose}
    />
  );
}
