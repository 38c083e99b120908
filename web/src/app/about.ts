/** More about a person or a conversation: the dialog that the layout holds. */
import { createSignal } from "solid-js";
import type { Place } from "../model/keys.ts";

export interface About {
  place: Place;
  /** What of it shows first. */
  part: "profile" | "search";
}

const [about, setAbout] = createSignal<About | null>(null);

/** What shows; null: nothing. */
export { about };

/** Shows it, in place of what shows. */
export function showAbout(place: Place, part: About["part"] = "profile"): void {
  setAbout({ place, part });
}

export function closeAbout(): void {
  setAbout(null);
}
