/** Where a long message is folded. */

const LONG = 1100;
const MANY_LINES = 18;
/** Less than this behind the fold is not worth a button. */
const REST = 400;

/** How much of a text is shown at first; null: all of it. */
export function foldAt(text: string): number | null {
  let at = 0;
  for (let line = 0; line < MANY_LINES; line += 1) {
    const next = text.indexOf("\n", at);
    if (next < 0 || next > LONG) {
      at = LONG;
      break;
    }
    at = next + 1;
  }
  if (text.length - at < REST && lines(text, at) < 8) return null;
  return between(text, Math.min(at, LONG));
}

function lines(text: string, from: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && count < 8; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** A place near `at` where no word, and no sign of two halves, is cut. */
function between(text: string, at: number): number {
  const blank = Math.max(text.lastIndexOf(" ", at), text.lastIndexOf("\n", at));
  if (blank > at - 80) return blank;
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff ? at - 1 : at;
}
