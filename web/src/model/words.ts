import { words } from "../i18n/index.ts";

export const w = words({
  en: {
    notes: "Notes to self",
  },
  zh: {
    notes: "给自己的备忘",
  },
});
