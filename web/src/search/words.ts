import { plural, words } from "../i18n/index.ts";

export const w = words({
  en: {
    results: "Messages found",
    searching: "Searching…",
    nothing: "Nothing found in the messages kept on this device.",
    found: (n: number) => plural(n, { one: "# message found", other: "# messages found" }),
    foundMore: (n: number) => `More than ${n} messages found; these are the newest.`,
    onlyLatest: "This device has only the latest messages of some conversations.",
    since: (when: string) => `This device has all messages since ${when}.`,
    bringing: (n: number) => plural(n, { one: "Getting older messages: # so far", other: "Getting older messages: # so far" }),
    olderFailed: "Older messages cannot be had now.",
    bring: "Get older messages",
    stop: "Stop",
    more: "Show more",
    you: "You",
  },
  zh: {
    results: "找到的消息",
    searching: "正在搜索…",
    nothing: "此设备保存的消息中没有找到。",
    found: (n: number) => `找到 ${n} 条消息`,
    foundMore: (n: number) => `找到超过 ${n} 条消息，这里是最新的。`,
    onlyLatest: "部分会话在此设备上只有最近的消息。",
    since: (when: string) => `此设备已有 ${when} 以来的全部消息。`,
    bringing: (n: number) => plural(n, { other: "正在获取更早的消息：#" }),
    olderFailed: "现在无法获取更早的消息。",
    bring: "获取更早的消息",
    stop: "停止",
    more: "显示更多",
    you: "我",
  },
});
