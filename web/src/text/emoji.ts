/** Finds messages that are nothing but a few emoji, to show them large. */

const MODIFIED = "\\p{Extended_Pictographic}(?:\\ufe0f|\\p{Emoji_Modifier})?";
const ONE = `(?:\\p{Regional_Indicator}{2}|[0-9#*]\\ufe0f?\\u20e3|${MODIFIED}(?:[\\u{e0020}-\\u{e007f}]{1,8}|(?:\\u200d${MODIFIED}){0,6}))`;
const FEW = new RegExp(`^\\s*(?:${ONE}\\s*){1,3}$`, "u");
const EACH = new RegExp(ONE, "gu");
/** Signs such as © and ™ are pictographic too, but are text. */
const TEXTUAL = /[©®™‼⁉]/;

/** How many emoji a text consists of, when that is one to three and nothing else; otherwise 0. */
export function fewEmoji(text: string): number {
  if (text.length > 120 || TEXTUAL.test(text) || !FEW.test(text)) return 0;
  return text.match(EACH)?.length ?? 0;
}
