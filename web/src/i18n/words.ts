/** Dictionaries: what a component says, in each language. */
import { language } from "./language.ts";
import type { Language } from "./language.ts";

/** A text, or how to make one. */
type Entry = string | ((...values: never[]) => string);

/** The other language has the same keys, and its functions take the same values. */
type Same<T> = { [K in keyof T]: T[K] extends string ? string : T[K] };

/** What {@link words} gives: reading a key gives the text in the language of the moment. */
export type Words<T> = { readonly [K in keyof T]: T[K] extends string ? string : T[K] };

/**
 * A dictionary to read from: `w.send`, `w.unread(3)`. Reactive.
 *
 * Each folder keeps its own in `words.ts`, so that what a component says stands beside it.
 */
export function words<T extends Record<string, Entry>>(dictionary: { en: T; zh: Same<T> }): Words<T> {
  const reader = {};
  for (const key of Object.keys(dictionary.en)) {
    Object.defineProperty(reader, key, {
      enumerable: true,
      get: () => (dictionary as Record<Language, Record<string, Entry>>)[language()][key],
    });
  }
  return reader as Words<T>;
}
