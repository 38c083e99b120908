/**
 * Where the user is in the app: the part of the address after `#`.
 *
 * `#/c/12`, `#/c/12/345` (jump to seq 345), `#/u/1001`, `#/mentions`, `#/settings`, `#/debug`, `#/debug/components`
 *
 * Promises: every address leads somewhere, an unknown one to the start; the browser's back button works.
 */
import { createSignal } from "solid-js";
import { switchBegan } from "../metrics/switches.ts";
import { giveWay } from "../model/batch.ts";
import type { Place } from "../model/keys.ts";
import type { Row } from "../model/model.ts";

export type Route =
  | { page: "conversation"; place: Place; /** Jump to this seq. */ at?: number }
  | { page: "home" }
  /** Where the user was mentioned. */
  | { page: "mentions" }
  | { page: "settings" }
  | { page: "debug" }
  /** Every component, for who looks at the face of the app. */
  | { page: "components" };

const HOME: Route = { page: "home" };

/** What an address means. */
export function parse(hash: string): Route {
  const [page, id, seq, ...rest] = hash.replace(/^#?\/?/, "").split("/");
  if (rest.length > 0) return HOME;
  if ((page === "mentions" || page === "settings" || page === "debug") && id === undefined) return { page };
  if (page === "debug" && id === "components" && seq === undefined) return { page: "components" };
  const number = integer(id);
  const at = integer(seq);
  if ((page !== "c" && page !== "u") || number === null || (seq !== undefined && at === null)) return HOME;
  const place: Place = page === "c" ? { conv: number } : { to: number };
  return at === null ? { page: "conversation", place } : { page: "conversation", place, at };
}

/** The address of a route. */
export function format(route: Route): string {
  if (route.page === "home") return "#/";
  if (route.page === "components") return "#/debug/components";
  if (route.page !== "conversation") return `#/${route.page}`;
  const place = "conv" in route.place ? `c/${route.place.conv}` : `u/${route.place.to}`;
  return route.at === undefined ? `#/${place}` : `#/${place}/${route.at}`;
}

function integer(text: string | undefined): number | null {
  const number = text !== undefined && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
  return Number.isSafeInteger(number) ? number : null;
}

/** The browser's address that `current` is of. While the browser has another, its word of that is on the way. */
let address = typeof location === "undefined" ? "" : location.hash;
const [current, setCurrent] = createSignal<Route>(parse(address), { equals: false });

if (typeof window !== "undefined") {
  window.addEventListener("hashchange", () => arrive(parse(location.hash)));
}

function arrive(to: Route): void {
  address = location.hash;
  setCurrent(to);
}

/** Where the user is. Reactive. */
export const route = current;

/** Where a line of the list leads: by the conversation's number where there is one. */
export function routeOf({ conversation, place }: Pick<Row, "conversation" | "place">): Route {
  return { page: "conversation", place: conversation === null ? place : { conv: conversation.conv } };
}

/** Goes there. */
export function go(to: Route): void {
  const hash = format(to);
  if (to.page === "conversation") {
    switchBegan();
    giveWay();
  }
  // Remembered with the page of history, so that `back` can tell after a reload too.
  const from = current().page;
  if (location.hash !== hash) history.pushState({ isFromList: from === "home" || from === "mentions" }, "", hash);
  arrive(to);
}

/** Back to the list that one came from, as the browser's own button would; else to the start. */
export function back(): void {
  if ((history.state as { isFromList?: boolean } | null)?.isFromList) {
    history.back();
    return;
  }
  history.replaceState(null, "", format(HOME));
  arrive(HOME);
}

/** Writes another address for what shows already, unless the user has gone on: what they asked for would be lost. */
export function readdress(to: Route): void {
  const next = format(to);
  if (location.hash !== address || next === address) return;
  history.replaceState(history.state, "", next);
  address = next;
}
