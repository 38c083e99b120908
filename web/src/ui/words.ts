import { words } from "../i18n/index.ts";

export const w = words({
  en: { cancel: "Cancel", close: "Close" },
  zh: { cancel: "取消", close: "关闭" },
});
