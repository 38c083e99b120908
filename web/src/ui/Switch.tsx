import type { JSX } from "solid-js";

/** On or off, at once. `onChange` may put the box back. */
export function Switch(props: { checked: boolean; onChange(box: HTMLInputElement): void; children: JSX.Element }): JSX.Element {
  return (
    <label class="switch">
      <span>{props.children}</span>
      <input
        class="switch-input"
        type="checkbox"
        role="switch"
        checked={props.checked}
        onChange={(event) => props.onChange(event.currentTarget)}
      />
    </label>
  );
}
