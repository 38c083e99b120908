/** The emoji that fit what is being named, above the text field. Not here: which keys move in it. */
import { For } from "solid-js";
import type { JSX } from "solid-js";
import { w } from "../words.ts";
import type { Match } from "./emoji.ts";

export interface CompletionsProps {
  /** The list's, for the field that it belongs to. */
  id: string;
  matches: readonly Match[];
  current: number;
  onPick(match: Match): void;
}

/** The id of one line of a list. */
export function optionId(list: string, index: number): string {
  return `${list}-${index}`;
}

export function Completions(props: CompletionsProps): JSX.Element {
  return (
    <ul id={props.id} class="composer-emoji" role="listbox" aria-label={w.emoji}>
      <For each={props.matches}>
        {(match, index) => (
          <li
            id={optionId(props.id, index())}
            class="composer-emoji-one"
            role="option"
            aria-selected={index() === props.current}
            // Before the field loses the focus.
            onPointerDown={(event) => {
              event.preventDefault();
              props.onPick(match);
            }}
          >
            <span class="composer-emoji-picture" aria-hidden="true">{match.emoji}</span>
            <span>{match.name.replaceAll("_", " ")}</span>
          </li>
        )}
      </For>
    </ul>
  );
}
