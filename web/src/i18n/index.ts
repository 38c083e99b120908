/** Words, times and plurals in the user's language. */
export { daysBetween, formatCount, formatDay, formatFull, formatShort, formatStamp, formatTime, plural } from "./format.ts";
export { language, locale, negotiate } from "./language.ts";
export type { Language } from "./language.ts";
export { words } from "./words.ts";
export type { Words } from "./words.ts";
