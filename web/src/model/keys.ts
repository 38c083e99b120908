/** How a place to write to is named, in the app and in what it keeps. */

/** A conversation, or the 1:1 with a person. The app names every 1:1 by its person. */
export type Place = { conv: number } | { to: number };

/** `conv:12` or `to:1001`: the key of a place's draft, and of all else that is kept for it. */
export function draftKey(place: Place): string {
  return "conv" in place ? `conv:${place.conv}` : `to:${place.to}`;
}

/** The place that a key names; null for any other text. */
export function placeOf(key: string): Place | null {
  const match = /^(conv|to):(\d{1,16})$/.exec(key);
  if (match === null) return null;
  const id = Number(match[2]);
  return match[1] === "conv" ? { conv: id } : { to: id };
}

/** Whether two names are the same. */
export function samePlace(a: Place, b: Place): boolean {
  return draftKey(a) === draftKey(b);
}
