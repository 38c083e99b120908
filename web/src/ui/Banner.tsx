import type { JSX } from "solid-js";

/** One line that says how things stand, above what it is about. */
export function Banner(props: { tone: "info" | "warn" | "danger"; children: JSX.Element; action?: JSX.Element }): JSX.Element {
  return (
    <div class={`banner banner-${props.tone}`}>
      <p class="banner-text">{props.children}</p>
      {props.action}
    </div>
  );
}
