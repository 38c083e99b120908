/** What kind of device writes. */

/** A keyboard and a pointer: Enter sends, and a conversation that opens takes the focus. */
export function hasKeyboard(): boolean {
  return matchMedia("(hover: hover) and (pointer: fine)").matches;
}
