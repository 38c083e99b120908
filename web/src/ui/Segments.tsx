import { For } from "solid-js";
import type { JSX } from "solid-js";

export interface SegmentsProps<T extends string> {
  /** What is chosen, for screen readers. */
  label: string;
  /** Tells one group of radio buttons from another. */
  name: string;
  value: T;
  options: readonly (readonly [value: T, text: string])[];
  onChoose(value: T): void;
}

/** One of a few, side by side: radio buttons, for the keyboard and for screen readers. */
export function Segments<T extends string>(props: SegmentsProps<T>): JSX.Element {
  return (
    <div class="segments" role="radiogroup" aria-label={props.label}>
      <For each={props.options}>
        {([value, text]) => (
          <label class="segment">
            <input
              class="segment-input"
              type="radio"
              name={props.name}
              checked={props.value === value}
              onChange={() => props.onChoose(value)}
            />
            <span class="segment-text">{text}</span>
          </label>
        )}
      </For>
    </div>
  );
}
