import { createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";

/** One pane at a time, as the style has it. */
export const NARROW = "(max-width: 700px)";

/** Whether the window is of a kind. Reactive while its owner lives. */
export function createMedia(query: string): Accessor<boolean> {
  const list = matchMedia(query);
  const [fits, set] = createSignal(list.matches);
  const look = () => set(list.matches);
  list.addEventListener("change", look);
  onCleanup(() => list.removeEventListener("change", look));
  return fits;
}
