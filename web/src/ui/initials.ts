/** What an avatar shows of a name. */

const HUES = 12;

/** Neighbouring ids get colours that lie far apart. */
export function hueOf(id: number): number {
  return (id * 5) % HUES;
}

/** Of a group's name the beginning: it has no family name. */
export function groupInitials(name: string): string {
  const trimmed = name.trim();
  return /^\p{Script=Han}/u.test(trimmed) ? [...trimmed.replace(/\P{Script=Han}/gu, "")].slice(0, 2).join("") : initials(trimmed);
}

/** Up to two letters: of the first two words; of a Chinese name the given name. */
export function initials(name: string): string {
  const trimmed = name.trim();
  if (/^\p{Script=Han}+$/u.test(trimmed)) return [...trimmed].slice(-2).join("");
  const words = trimmed.split(/[\s_.\-@]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.slice(0, 2).map((word) => [...word.replace(/^[^\p{L}\p{N}]+/u, "")][0] ?? "");
  return letters.join("").toLocaleUpperCase() || "·";
}
