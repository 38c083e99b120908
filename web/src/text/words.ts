import { words } from "../i18n/index.ts";

export const w = words({
  en: {
    more: "Show more",
    less: "Show less",
    copyCode: "Copy",
    codeCopied: "Copied",
    codeNotCopied: "The text could not be copied.",
    code: "Code",
    table: "Table",
    taskDone: "Done",
    taskOpen: "To do",
    leadsTo: (host: string) => `leads to ${host}`,
    beware: (host: string) => `Beware: this link leads to ${host}`,
  },
  zh: {
    more: "展开",
    less: "收起",
    copyCode: "复制",
    codeCopied: "已复制",
    codeNotCopied: "无法复制文字。",
    code: "代码",
    table: "表格",
    taskDone: "已完成",
    taskOpen: "待办",
    leadsTo: (host: string) => `链接到 ${host}`,
    beware: (host: string) => `注意：此链接实际指向 ${host}`,
  },
});
