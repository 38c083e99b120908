import type { JSX } from "solid-js";
import { Icon } from "./Icon.tsx";

/** A card that says how things stand, with what can be done about it. */
export function Banner(props: { tone: "info" | "warn" | "danger"; children: JSX.Element; action?: JSX.Element }): JSX.Element {
  return (
    <div class={`banner banner-${props.tone}`}>
      <Icon name={props.tone === "info" ? "info" : "error"} class="banner-icon" />
      <p class="banner-text">{props.children}</p>
      {props.action}
    </div>
  );
}
