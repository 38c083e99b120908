import type { JSX } from "solid-js";
import type { Place } from "../model/keys.ts";

/** Messages that match what the user types in the list's search box. */
export function SearchResults(_props: { query: string; onOpen(place: Place, seq: number): void }): JSX.Element {
  return null;
}
