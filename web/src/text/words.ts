import { words } from "../i18n/index.ts";

export const w = words({
  en: {
    more: "Show more",
    less: "Show less",
    leadsTo: (host: string) => `leads to ${host}`,
    beware: (host: string) => `Beware: this link leads to ${host}`,
  },
  zh: {
    more: "展开",
    less: "收起",
    leadsTo: (host: string) => `链接到 ${host}`,
    beware: (host: string) => `注意：此链接实际指向 ${host}`,
  },
});
