/**
 * Where the user is in the app: the part of the address after `#`.
 *
 * `#/c/12`, `#/c/12/345` (jump to seq 345), `#/u/1001`, `#/settings`, `#/debug`
 *
 * Promises: every address leads somewhere, an unknown one to the start; the browser's back button works.
 */
import { createSignal } from "solid-js";
import { draftKey } from "../model/keys.ts";
import type { Place } from "../model/keys.ts";

export type Route =
  | { page: "conversation"; place: Place; /** Jump to this seq. */ at?: number }
  | { page: "home" }
  | { page: "settings" }
  | { page: "debug" };

const HOME: Route = { page: "home" };

/** What an address means. */
export function parse(hash: string): Route {
  const [page, id, seq, ...rest] = hash.replace(/^#?\/?/, "").split("/");
  if (rest.length > 0) return HOME;
  if ((page === "settings" || page === "debug") && id === undefined) return { page };
  const number = integer(id);
  const at = integer(seq);
  if ((page !== "c" && page !== "u") || number === null || (seq !== undefined && at === null)) return HOME;
  const place: Place = page === "c" ? { conv: number } : { to: number };
  return at === null ? { page: "conversation", place } : { page: "conversation", place, at };
}

/** The address of a route. */
export function format(route: Route): string {
  if (route.page === "home") return "#/";
  if (route.page !== "conversation") return `#/${route.page}`;
  const place = "conv" in route.place ? `c/${route.place.conv}` : `u/${route.place.to}`;
  return route.at === undefined ? `#/${place}` : `#/${place}/${route.at}`;
}

function integer(text: string | undefined): number | null {
  return text !== undefined && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
}

const [current, setCurrent] = createSignal<Route>(
  typeof location === "undefined" ? HOME : parse(location.hash),
  { equals: false },
);

if (typeof window !== "undefined") {
  window.addEventListener("hashchange", () => setCurrent(parse(location.hash)));
}

/** Where the user is. Reactive. */
export const route = current;

/** Goes there. `replace`: the back button does not come back to here. */
export function go(to: Route, options: { replace?: boolean } = {}): void {
  const hash = format(to);
  if (options.replace) history.replaceState(history.state, "", hash);
  else if (location.hash !== hash) history.pushState(null, "", hash);
  setCurrent(to);
}

/** Whether two routes show the same page. */
export function samePage(a: Route, b: Route): boolean {
  if (a.page !== "conversation" || b.page !== "conversation") return a.page === b.page;
  return draftKey(a.place) === draftKey(b.place);
}
