/** Makes a group: who, and how it is called. */
import { createEffect, createRoot } from "solid-js";
import type { JSX } from "solid-js";
import { go } from "../app/route.ts";
import { useModel } from "../model/model.ts";
import type { Model } from "../model/model.ts";
import { ChoosePeople } from "./ChoosePeople.tsx";
import { w } from "./words.ts";

/** So many names make the name of a group that gets none, and so many letters. */
const NAMES = 4;
const LETTERS = 40;
/** The entry that begins a group comes with its answer, or a moment later; without a connection not so soon, in ms. */
const PATIENCE = 5000;

export function NewGroup(props: { onClose(): void }): JSX.Element {
  const model = useModel();
  const suggest = (users: readonly number[]): string => {
    if (users.length === 0) return "";
    const me = model.me();
    const names = [...(me === null ? [] : [me.name]), ...users.slice(0, NAMES).map((user) => model.profile(user).name)];
    return [...names.join(w.comma)].slice(0, LETTERS).join("");
  };
  return (
    <ChoosePeople
      title={w.newGroup}
      action={w.create}
      suggestName={suggest}
      isTaken={() => false}
      onClose={() => props.onClose()}
      onDone={async (users, name) => {
        const { conv } = await model.client.createGroup(name, users);
        await isThere(model, conv);
        props.onClose();
        go({ page: "conversation", place: { conv } });
      }}
    />
  );
}

/** Resolves when the conversation is known here. */
function isThere(model: Model, conv: number): Promise<void> {
  return new Promise((resolve) => {
    createRoot((dispose) => {
      const end = (): void => (clearTimeout(timer), dispose(), resolve());
      const timer = setTimeout(end, PATIENCE);
      createEffect(() => model.conversation({ conv }) !== null && queueMicrotask(end));
    });
  });
}
