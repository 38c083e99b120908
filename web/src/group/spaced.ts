/** Puts names into a Chinese sentence: with a space where a name of other letters meets a character. */
export function spaced(...parts: string[]): string {
  return parts.reduce((text, part) => text + (meets(String(text), String(part)) ? " " : "") + part);
}

function meets(before: string, behind: string): boolean {
  const [last, first] = [before.replace(/[\u2068\u2069]/g, "").at(-1) ?? "", behind.replace(/[\u2068\u2069]/g, "").at(0) ?? ""];
  const isHan = (letter: string) => /\p{Script=Han}/u.test(letter);
  const isOther = (letter: string) => /[\p{L}\p{N}]/u.test(letter) && !isHan(letter);
  return (isHan(last) && isOther(first)) || (isOther(last) && isHan(first));
}
