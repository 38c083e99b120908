import { plural, words } from "../i18n/index.ts";

export const w = words({
  en: {
    profile: "Profile",
    group: "Group",
    members: (n: number) => plural(n, { one: "# member", other: "# members" }),
    message: "Message",
    search: "Search",
    mute: "Mute",
    unmute: "Unmute",
    searchIn: (title: string) => `Search in ${title}`,
    searchHint: "Words of a message",
  },
  zh: {
    profile: "个人资料",
    group: "群组",
    members: (n) => `${n} 位成员`,
    message: "发消息",
    search: "搜索",
    mute: "静音",
    unmute: "取消静音",
    searchIn: (title) => `在“${title}”中搜索`,
    searchHint: "消息中的文字",
  },
});
