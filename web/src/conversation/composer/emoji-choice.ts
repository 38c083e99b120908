/** Which emoji the picker shows, and where its keys lead. */
import type { Language } from "../../i18n/index.ts";
import { EMOJI } from "./emoji-names.ts";
import { recentEmoji } from "./emoji-recent.ts";

/** As the style lays them out. */
export const COLUMNS = 8;

export interface Choice {
  emoji: string;
  /** In the user's language. */
  name: string;
}

export interface Group {
  name: "recentEmoji" | "allEmoji";
  /** The number of its first one among all that show. */
  from: number;
  choices: Choice[];
}

/** Those whose name holds what is looked for; all, and before them the ones that were used last, when nothing is. */
export function groupsOf(query: string, language: Language): Group[] {
  const wanted = query.trim().toLowerCase();
  const fits = (name: string) => name.replaceAll("_", " ").includes(wanted);
  const begins = (name: string) => name.startsWith(wanted);
  const found = EMOJI.filter(([, ...names]) => names.some(fits));
  if (wanted !== "") found.sort(([, ...a], [, ...b]) => Number(b.some(begins)) - Number(a.some(begins)));
  const all = found.map(([emoji, ...names]) => ({ emoji, name: nameOf(names, language) }));
  const recent = wanted === "" ? recentOf(language) : [];
  const groups: Group[] = [
    { name: "recentEmoji", from: 0, choices: recent },
    { name: "allEmoji", from: recent.length, choices: all },
  ];
  return groups.filter((group) => group.choices.length > 0);
}

function recentOf(language: Language): Choice[] {
  return recentEmoji("emoji").flatMap((emoji) => {
    const known = EMOJI.find(([one]) => one === emoji);
    return known === undefined ? [] : [{ emoji, name: nameOf(known.slice(1), language) }];
  });
}

function nameOf(names: readonly string[], language: Language): string {
  const isChinese = (name: string) => /\p{Script=Han}/u.test(name);
  const own = names.find((name) => isChinese(name) === (language === "zh"));
  return (own ?? names[0] ?? "").replaceAll("_", " ");
}

/** Where an arrow key leads; null for another key. */
export function nextOption(key: string, at: number, count: number): number | null {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[key];
  if (step === undefined || count === 0) return null;
  return Math.min(count - 1, Math.max(0, at + step));
}
