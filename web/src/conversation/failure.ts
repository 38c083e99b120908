/** Why the server refused something, in words for people. */
import type { Failure } from "@hongyan/client";
import { words } from "../i18n/index.ts";

const reasons = words({
  en: {
    too_large: "it is too long.",
    too_late: "too much time has passed.",
    recalled: "it was recalled.",
    user_not_found: "this person has no account any more.",
    conversation_not_found: "the conversation does not exist.",
    entry_not_found: "the message does not exist.",
    forbidden: "it is not allowed.",
    muted: "you may not write here now.",
    limit_reached: "there are as many of these as there may be.",
    unsupported: "the server does not know this kind of message.",
    outbox_full: "too much is waiting to be sent.",
    other: (code: string) => `the server refused it (${code}).`,
  },
  zh: {
    too_large: "内容过长。",
    too_late: "已超过允许的时间。",
    recalled: "消息已撤回。",
    user_not_found: "此用户已不存在。",
    conversation_not_found: "会话不存在。",
    entry_not_found: "消息不存在。",
    forbidden: "没有权限。",
    muted: "你已被禁言。",
    limit_reached: "已达到数量上限。",
    unsupported: "服务器不支持这种消息。",
    outbox_full: "等待发送的内容过多。",
    other: (code: string) => `服务器拒绝了（${code}）。`,
  },
});

export function reasonOf(failure: Failure | null): string {
  const code = failure?.code ?? "unknown";
  const known = code === "other" ? undefined : (reasons as unknown as Record<string, string | undefined>)[code];
  return known ?? reasons.other(code);
}
