/** What this browser is called in the list of devices. */
import { keep, kept } from "../model/kept.ts";

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Chrome\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Android/, "Android"],
  [/Windows/, "Windows"],
  [/Mac OS X/, "Mac"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];

/** `Chrome on Linux`. */
export function describe(userAgent: string): string {
  const find = (known: readonly (readonly [RegExp, string])[]) => known.find(([pattern]) => pattern.test(userAgent))?.[1];
  return `${find(BROWSERS) ?? "Browser"} on ${find(SYSTEMS) ?? "unknown system"}`;
}

/** Digits and letters that make no words, and are not taken for each other. */
const SIGNS = "23456789bcdfghjkmnpqrstvwxz";
const LENGTH = 4;

/** Tells browsers of one kind apart. */
export function newId(random: Uint8Array): string {
  return [...random].map((byte) => SIGNS[byte % SIGNS.length]).join("");
}

/** The same for this browser at each sign-in, so that the next one replaces the last; not that of any other. */
export function deviceName(): string {
  let id = kept("device");
  if (typeof id !== "string") {
    id = newId(crypto.getRandomValues(new Uint8Array(LENGTH)));
    keep("device", id);
  }
  return `${describe(navigator.userAgent)} (${id as string})`;
}
