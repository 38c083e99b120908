/** Which keys do what, wherever the focus is. */

export type Command = "switcher" | "help" | "previous" | "next" | "previousUnread" | "nextUnread" | "mention" | "mentions" | "escape";

/** What this module reads of a keyboard event. */
export type Key = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "isComposing" | "keyCode" | "defaultPrevented">;

/** Whether keys are those of Apple's devices. */
export const isApple = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.userAgent);

/** How the key beside the space bar is called here. */
export const modifier = isApple ? "⌘" : "Ctrl";
/** How the other one is. */
export const alternative = isApple ? "⌥" : "Alt";

/** What a key asks for; null: nothing of the app's. */
export function commandOf(key: Key, onApple: boolean = isApple): Command | null {
  // An input method is at work: the key is its own. Some browsers tell so by the code alone.
  if (key.isComposing || key.keyCode === 229 || key.defaultPrevented) return null;
  const isMod = onApple ? key.metaKey && !key.ctrlKey : key.ctrlKey && !key.metaKey;
  if (isMod && !key.altKey) {
    if (!key.shiftKey && key.key.toLowerCase() === "k") return "switcher";
    // On layouts where the slash needs Shift, the place of the key on the usual layout counts too.
    if (key.key === "/" || key.code === "Slash") return "help";
    return null;
  }
  if (key.ctrlKey || key.metaKey) return null;
  if (key.altKey) {
    if (key.key === "ArrowUp") return key.shiftKey ? "previousUnread" : "previous";
    if (key.key === "ArrowDown") return key.shiftKey ? "nextUnread" : "next";
    // By its place: with the other key down some keyboards give another letter.
    if (key.code === "KeyM") return key.shiftKey ? "mentions" : "mention";
    return null;
  }
  return key.key === "Escape" && !key.shiftKey ? "escape" : null;
}

/** The line to go to from `current`, around the ends; null when no line will do. */
export function step<T>(
  rows: readonly T[],
  current: number,
  direction: 1 | -1,
  isWanted: (row: T) => boolean = () => true,
): T | null {
  const count = rows.length;
  // From no line at all, down leads to the first and up to the last.
  const from = current < 0 && direction < 0 ? count : current;
  for (let i = 1; i <= count; i++) {
    const row = rows[(((from + direction * i) % count) + count) % count];
    if (row !== undefined && isWanted(row)) return row;
  }
  return null;
}
