/**
 * Which language the app speaks.
 *
 * Owns: the choice between the languages that there are. Promises: everything that reads
 * {@link language} changes at once when the choice does. Not here: the words themselves.
 */
import { createMemo, createRoot, createSignal } from "solid-js";
import { preferences } from "../model/preferences.ts";

/** The languages that every dictionary has. */
export type Language = "en" | "zh";

/** The first of the user's languages that the app knows; English when it knows none. */
export function negotiate(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag)) return "zh";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}

// Read once: the browser makes a new list at each look, and every time that shows asks for it.
const ofBrowser = (): readonly string[] => (typeof navigator === "undefined" ? [] : navigator.languages);
const [wanted, setWanted] = createSignal(ofBrowser());
if (typeof window !== "undefined") window.addEventListener("languagechange", () => setWanted(ofBrowser()));

/** The language to show. Reactive. */
export const language = createRoot(() =>
  createMemo<Language>(() => {
    const chosen = preferences.language;
    return chosen === "auto" ? negotiate(wanted()) : chosen;
  }),
);

/** The same as a tag for `Intl` and `lang`: the user's own region where the language is theirs. Reactive. */
export const locale = createRoot(() =>
  createMemo(() => {
    const spoken = language();
    const own = wanted().find((tag) => tag.toLowerCase().startsWith(spoken));
    return own ?? (spoken === "zh" ? "zh-CN" : "en");
  }),
);
