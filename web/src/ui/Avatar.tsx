import type { JSX } from "solid-js";
import { groupInitials, hueOf, initials } from "./initials.ts";

/** The initials of a person, or of a group, which is no circle, on a colour that is theirs. Decoration: the name always
 * stands beside it. */
export function Avatar(props: { id: number; name: string; size?: "s" | "m" | "l"; isGroup?: boolean; /** Whether they are there: a dot says so. */ presence?: "online" | "away" | null }): JSX.Element {
  // Drawn by the style sheet: it is no text to be found, copied or read out.
  return (
    <span
      class={`avatar avatar-${props.size ?? "m"} avatar-hue-${hueOf(props.id)} ${props.isGroup ? "avatar-group" : ""}`}
      data-presence={props.presence ?? undefined}
      data-initials={props.isGroup ? groupInitials(props.name) : initials(props.name)}
      aria-hidden="true"
    />
  );
}
