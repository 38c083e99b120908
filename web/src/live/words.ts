import { plural, words } from "../i18n/index.ts";

export const w = words({
  en: {
    writing: "writing…",
    isWriting: (name: string) => `${name} is writing…`,
    areWriting: (names: string) => `${names} are writing…`,
    peopleWriting: (n: number) => plural(n, { one: "# person is writing…", other: "# people are writing…" }),
    and: " and ",
    online: "online",
    away: "away",
    lastSeen: (when: string) => `last seen ${when}`,
    someOnline: (members: string, n: number) => `${members}, ${plural(Number(n), { other: "# online" })}`,
  },
  zh: {
    writing: "正在输入…",
    isWriting: (name) => `${name} 正在输入…`,
    areWriting: (names) => `${names} 正在输入…`,
    peopleWriting: (n) => `${n} 人正在输入…`,
    and: "、",
    online: "在线",
    away: "离开",
    lastSeen: (when) => `最近上线 ${when}`,
    someOnline: (members, n) => `${members}，${n} 人在线`,
  },
});
