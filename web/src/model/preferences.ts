/**
 * What the user chose for this browser.
 *
 * Owns: language, theme, and whether to notify, for whoever signs in here. Promises: a choice holds
 * in every tab at once, and over a reload. Not here: what belongs to one account (`settings`).
 */
import { createStore } from "solid-js/store";
import { keep, kept, onKept } from "./kept.ts";

export interface Preferences {
  language: "auto" | "en" | "zh";
  theme: "auto" | "light" | "dark";
  /** Notify of messages. The browser's own permission is asked for beside it. */
  notifications: boolean;
}

const KEY = "preferences";
const DEFAULTS: Preferences = { language: "auto", theme: "auto", notifications: false };

const [preferences, set] = createStore<Preferences>(read());
onKept(KEY, () => set(read()));

/** Reactive. */
export { preferences };

/** Chooses, here and in every other tab. */
export function prefer(change: Partial<Preferences>): void {
  set(change);
  keep(KEY, { ...preferences });
}

/** What is kept may be of another version: each value is taken only if it is one that there is. */
function read(): Preferences {
  const found = (kept(KEY) ?? {}) as Partial<Record<keyof Preferences, unknown>>;
  return {
    language: oneOf(["auto", "en", "zh"], found.language) ?? DEFAULTS.language,
    theme: oneOf(["auto", "light", "dark"], found.theme) ?? DEFAULTS.theme,
    notifications: typeof found.notifications === "boolean" ? found.notifications : DEFAULTS.notifications,
  };
}

function oneOf<T>(known: readonly T[], value: unknown): T | undefined {
  return known.find((one) => one === value);
}
