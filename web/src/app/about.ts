/** More about a person or a conversation: the dialog that the layout holds. */
import { createSignal } from "solid-js";
import type { Place } from "../model/keys.ts";
import { go } from "./route.ts";

export interface About {
  place: Place;
  /** What of it shows first. */
  part: "profile" | "search";
}

const [about, setAbout] = createSignal<About | null>(null);

/** What shows; null: nothing. */
export { about };

/** The group whose members stand beside its messages, by its number; null: none. */
const [panel, setPanel] = createSignal<number | null>(null);
export { panel };

/** Shows who is in a group, beside its messages; or nothing there. */
export function showPanel(conv: number | null): void {
  setPanel(conv);
}

/** Shows it, in place of what shows. */
export function showAbout(place: Place, part: About["part"] = "profile"): void {
  if ("conv" in place && part === "profile") {
    // The pane, made anew, takes its own away when the one before goes.
    go({ page: "conversation", place });
    queueMicrotask(() => setPanel(place.conv));
    return;
  }
  setAbout({ place, part });
}

export function closeAbout(): void {
  setAbout(null);
}
