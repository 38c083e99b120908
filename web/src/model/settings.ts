/** What the user chose for this browser, as the signed-in app sees it. Reading is reactive. */
import { prefer, preferences } from "./preferences.ts";
import type { Preferences } from "./preferences.ts";

export interface Settings {
  readonly language: Preferences["language"];
  readonly theme: Preferences["theme"];
  readonly notifications: boolean;
  prefer(change: Partial<Preferences>): void;
}

export function createSettings(): Settings {
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
  };
}
