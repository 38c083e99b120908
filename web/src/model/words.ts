import { plural, words } from "../i18n/index.ts";

export const w = words({
  en: {
    notes: "Notes to self",
    members: (n: number) => plural(n, { one: "# member", other: "# members" }),
  },
  zh: {
    notes: "给自己的备忘",
    members: (n: number) => `${n} 位成员`,
  },
});
