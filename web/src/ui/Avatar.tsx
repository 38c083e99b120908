import type { JSX } from "solid-js";
import { hueOf, initials } from "./initials.ts";

/** A person's initials on a colour that is theirs. Decoration: the name always stands beside it. */
export function Avatar(props: { id: number; name: string; size?: "s" | "m" | "l" }): JSX.Element {
  // Drawn by the style sheet: it is no text to be found, copied or read out.
  return (
    <span
      class={`avatar avatar-${props.size ?? "m"} avatar-hue-${hueOf(props.id)}`}
      data-initials={initials(props.name)}
      aria-hidden="true"
    />
  );
}
