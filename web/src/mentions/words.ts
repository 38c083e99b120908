import { words } from "../i18n/index.ts";

export const w = words({
  en: {
    title: "Mentions",
    list: "Messages that mention you",
    loading: "Loading…",
    emptyTitle: "Nobody has mentioned you yet",
    emptyText: "When somebody writes @ and your name, in any conversation, it stands here.",
    more: "Show more",
    retry: "Try again",
    unread: "Not read yet",
    unknown: "[Needs a newer app]",
    byIn: (name: string, title: string) => `${name} in ${title}`,
  },
  zh: {
    title: "提到我的",
    list: "提到我的消息",
    loading: "正在加载…",
    emptyTitle: "还没有人提到你",
    emptyText: "无论在哪个会话，有人用 @ 提到你，都会出现在这里。",
    more: "显示更多",
    retry: "重试",
    unread: "未读",
    unknown: "[需要更新的版本]",
    byIn: (name, title) => `${name}，${title}`,
  },
});
