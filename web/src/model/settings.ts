/**
 * What the user chose, as the signed-in app sees it.
 *
 * Owns: the muted conversations of one account in this browser. Promises: reading is reactive, and a
 * choice in another tab shows here. Not here: language and theme, which nobody has to sign in for
 * (`preferences`).
 */
import { createSignal, onCleanup } from "solid-js";
import { keptSet, onKept } from "./kept.ts";
import { draftKey } from "./keys.ts";
import type { Place } from "./keys.ts";
import { prefer, preferences } from "./preferences.ts";
import type { Preferences } from "./preferences.ts";

export interface Settings {
  readonly language: Preferences["language"];
  readonly theme: Preferences["theme"];
  readonly notifications: boolean;
  prefer(change: Partial<Preferences>): void;
  isMuted(place: Place): boolean;
  setMuted(place: Place, muted: boolean): void;
}

/** The settings of one account. Call it where there is an owner: it listens to other tabs. */
export function createSettings(account: string): Settings {
  const key = `muted.${account}`;
  const store = keptSet(key);
  const [muted, setMuted] = createSignal(store.all());
  onCleanup(onKept(key, () => setMuted(store.all())));
  return {
    get language() {
      return preferences.language;
    },
    get theme() {
      return preferences.theme;
    },
    get notifications() {
      return preferences.notifications;
    },
    prefer,
    isMuted: (place) => muted().has(draftKey(place)),
    setMuted(place, isMuted) {
      store.put(draftKey(place), isMuted);
      setMuted(store.all());
    },
  };
}
