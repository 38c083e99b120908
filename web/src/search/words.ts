import { plural, words } from "../i18n/index.ts";

export const w = words({
  en: {
    results: "Messages found",
    searching: "Searching…",
    nothing: "Nothing found in the messages kept on this device.",
    found: (n: number) => plural(n, { one: "# message found", other: "# messages found" }),
    foundMore: (n: number) => `More than ${n} messages found; these are the newest.`,
    more: "Show more",
    you: "You",
  },
  zh: {
    results: "找到的消息",
    searching: "正在搜索…",
    nothing: "此设备保存的消息中没有找到。",
    found: (n: number) => `找到 ${n} 条消息`,
    foundMore: (n: number) => `找到超过 ${n} 条消息，这里是最新的。`,
    more: "显示更多",
    you: "我",
  },
});
