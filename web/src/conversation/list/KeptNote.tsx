import { Show } from "solid-js";
import type { Accessor, JSX } from "solid-js";
import type { Conversation } from "@hongyan/client";
import type { LogView } from "../log/view.ts";
import { keptText } from "./kept.ts";

/** Says above the first message why there are none before it, where they are not kept. */
export function KeptNote(props: { log: LogView; conversation: Accessor<Conversation | null> }): JSX.Element {
  const text = () => {
    const first = props.log.window()?.first;
    return first === undefined ? null : keptText(props.conversation(), first);
  };
  return <Show when={text()}>{(said) => <p class="log-event" role="note">{said()}</p>}</Show>;
}
