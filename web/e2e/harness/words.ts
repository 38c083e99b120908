/** What the app calls things, in both languages. */

export interface Words {
  login: string;
  password: string;
  signIn: string;
  conversations: string;
  newConversation: string;
  composer: RegExp;
  send: string;
  states: Record<"waiting" | "sending" | "sent" | "delivered" | "read" | "failed", string>;
  actions: Record<"reply" | "edit" | "recall" | "forward" | "select" | "pin" | "unpin", string>;
  moreActions: string;
  edited: string;
  recalled: RegExp;
  newMessages: RegExp;
  noConnection: RegExp;
}

export const words: { en: Words; zh: Words } = {
  en: {
    login: "Login name",
    password: "Password",
    signIn: "Sign in",
    conversations: "Conversations",
    newConversation: "New conversation",
    composer: /^Message/,
    send: "Send",
    states: { waiting: "Waiting for a connection", sending: "Sending", sent: "Sent", delivered: "Delivered", read: "Read", failed: "Not sent" },
    actions: { reply: "Reply", edit: "Edit", recall: "Recall", forward: "Forward", select: "Select", pin: "Pin", unpin: "Unpin" },
    moreActions: "More actions",
    edited: "Edited",
    recalled: /recalled/,
    newMessages: /new messages/i,
    noConnection: /No connection|offline|Connecting|restarting|does not understand/,
  },
  zh: {
    login: "登录名",
    password: "密码",
    signIn: "登录",
    conversations: "会话",
    newConversation: "新会话",
    composer: /发消息$/,
    send: "发送",
    states: { waiting: "等待连接", sending: "发送中", sent: "已发送", delivered: "已送达", read: "已读", failed: "未发送" },
    actions: { reply: "回复", edit: "编辑", recall: "撤回", forward: "转发", select: "多选", pin: "置顶", unpin: "取消置顶" },
    moreActions: "更多操作",
    edited: "已编辑",
    recalled: /撤回/,
    newMessages: /新消息/,
    noConnection: /断开|连接|重启|无法理解/,
  },
};
