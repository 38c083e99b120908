/**
 * Which requests the service worker answers.
 *
 * Promises: only the app's own files, by their exact path; never `/v1/`, `/classic` or anything else
 * of the server's.
 */

/** What this module reads of a request. */
export interface Asked {
  url: string;
  method: string;
  mode: string;
}

/** The path under which the answer is kept; null: the request is the network's. */
export function keptAt(asked: Asked, origin: string, files: ReadonlySet<string>): string | null {
  const url = new URL(asked.url);
  if (asked.method !== "GET" || url.origin !== origin) return null;
  // Every page of the app is one file: where in it the user is stands behind the `#`.
  if (asked.mode === "navigate") return url.pathname === "/" || url.pathname === "/index.html" ? "/" : null;
  return url.search === "" && files.has(url.pathname) ? url.pathname : null;
}

/** Caches of other versions of the app, to be removed; those of others are left alone. */
export function outdated(names: readonly string[], current: string): string[] {
  return names.filter((name) => name.startsWith(PREFIX) && name !== current);
}

export const PREFIX = "hongyan-app-";
