/** Times, days and plurals in the user's language. Reactive, as the language is. */
import { locale } from "./language.ts";

const dateFormats = new Map<string, Intl.DateTimeFormat>();
const relativeFormats = new Map<string, Intl.RelativeTimeFormat>();
const plurals = new Map<string, { rules: Intl.PluralRules; numbers: Intl.NumberFormat }>();
const DAY_MS = 86_400_000;

// A formatter costs a thousand times what one use of it does.
function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const tag = locale();
  const key = tag + JSON.stringify(options);
  let format = dateFormats.get(key);
  if (format === undefined) dateFormats.set(key, (format = new Intl.DateTimeFormat(tag, options)));
  return format;
}

/** `19:03` or `7:03 PM`: the short form of the user's region. */
export function formatTime(at: number): string {
  return dates({ timeStyle: "short" }).format(at);
}

/** `Today`, `Yesterday`, `Tuesday`, `Sun 3 May`, `3 May 2024`: for dividers. */
export function formatDay(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days === 0 || days === 1) return relativeDay(-days);
  if (days > 1 && days < 7) return dates({ weekday: "long" }).format(at);
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return isThisYear
    ? dates({ month: "short", day: "numeric", weekday: "short" }).format(at)
    : dates({ dateStyle: "medium" }).format(at);
}

/** The shortest that tells when: the time today, `Yesterday`, a weekday, a date. For lists. */
export function formatShort(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days <= 0) return formatTime(at);
  if (days === 1) return relativeDay(-1);
  if (days < 7) return dates({ weekday: "short" }).format(at);
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return dates(isThisYear ? { month: "short", day: "numeric" } : { dateStyle: "short" }).format(at);
}

/** Date and time in short: for what leaves the app. */
export function formatStamp(at: number): string {
  return dates({ dateStyle: "medium", timeStyle: "short" }).format(at);
}

/** Date and time in full: for a tooltip. */
export function formatFull(at: number): string {
  return dates({ dateStyle: "full", timeStyle: "medium" }).format(at);
}

/** The form that the language wants for `n`, with `#` replaced by the number. */
export function plural(n: number, forms: { one?: string; other: string }): string {
  const tag = locale();
  let known = plurals.get(tag);
  if (known === undefined) plurals.set(tag, (known = { rules: new Intl.PluralRules(tag), numbers: new Intl.NumberFormat(tag) }));
  const form = known.rules.select(n) === "one" ? (forms.one ?? forms.other) : forms.other;
  return form.replace("#", known.numbers.format(n));
}

/** Whole days by the calendar of this device's time zone; negative in the future. */
export function daysBetween(at: number, now: number): number {
  return Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function relativeDay(offset: number): string {
  const tag = locale();
  let format = relativeFormats.get(tag);
  if (format === undefined) relativeFormats.set(tag, (format = new Intl.RelativeTimeFormat(tag, { numeric: "auto" })));
  const text = format.format(offset, "day");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const counts = new Map<string, Intl.NumberFormat>();

/** `12`, `1.2K`: for little room. */
export function formatCount(count: number): string {
  const tag = locale();
  let format = counts.get(tag);
  if (format === undefined) counts.set(tag, (format = new Intl.NumberFormat(tag, { notation: "compact" })));
  return format.format(count);
}
