/** The people whom the letters behind an at sign find, above the text field. Not here: which keys move in it. */
import { For } from "solid-js";
import type { JSX } from "solid-js";
import type { Candidate } from "../../list/candidates.ts";
import { FoundTitle } from "../../list/FoundTitle.tsx";
import { Avatar } from "../../ui/index.ts";
import { w } from "../words.ts";
import { optionId } from "./Completions.tsx";

export interface MentionsProps {
  /** The list's, for the field that it belongs to. */
  id: string;
  options: readonly Candidate[];
  current: number;
  onPick(option: Candidate): void;
}

export function Mentions(props: MentionsProps): JSX.Element {
  return (
    <ul id={props.id} class="composer-people" role="listbox" aria-label={w.mention}>
      <For each={props.options}>
        {(option, index) => (
          <li
            id={optionId(props.id, index())}
            class="composer-person"
            role="option"
            aria-selected={index() === props.current}
            // Before the field loses the focus.
            onPointerDown={(event) => {
              event.preventDefault();
              props.onPick(option);
            }}
          >
            <Avatar id={option.id} name={option.title} size="s" isGroup={option.key === "all"} />
            <FoundTitle of={option} />
            <span class="found-detail">{option.detail}</span>
          </li>
        )}
      </For>
    </ul>
  );
}
