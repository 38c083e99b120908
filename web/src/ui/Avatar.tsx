import type { JSX } from "solid-js";

const HUES = 12;

/** A person's initials on a colour that is theirs. Decoration: the name always stands beside it. */
export function Avatar(props: { id: number; name: string; size?: "s" | "m" | "l" }): JSX.Element {
  return (
    <span class={`avatar avatar-${props.size ?? "m"} avatar-hue-${hueOf(props.id)}`} aria-hidden="true">
      {initials(props.name)}
    </span>
  );
}

/** Neighbouring ids get colours that lie far apart. */
export function hueOf(id: number): number {
  return (id * 5) % HUES;
}

/** Up to two letters: of the first two words; of a Chinese name the given name. */
export function initials(name: string): string {
  const trimmed = name.trim();
  if (/^\p{Script=Han}+$/u.test(trimmed)) return [...trimmed].slice(-2).join("");
  const words = trimmed.split(/[\s_.\-@]+/u).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.slice(0, 2).map((word) => [...word.replace(/^[^\p{L}\p{N}]+/u, "")][0] ?? "");
  return letters.join("").toLocaleUpperCase() || "·";
}
