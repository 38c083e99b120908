import { plural, words } from "../i18n/index.ts";

export const w = words({
  en: {
    title: "Sign in",
    motto: "Letters that arrive.",
    login: "Login name",
    password: "Password",
    showPassword: "Show the password",
    signIn: "Sign in",
    signingIn: "Signing in…",
    ended: "Your session has ended. Sign in again: your drafts and unsent messages are still here.",
    erased: (unsent: number) =>
      unsent === 0
        ? "This browser was signed out from another device. Its messages and drafts were removed from here."
        : `This browser was signed out from another device. Its messages and drafts were removed from here, ${plural(unsent, { one: "with # message that had not been sent.", other: "with # messages that had not been sent." })}`,
    unreachable: "The server cannot be reached right now.",
    broken: "What this browser keeps could not be opened.",
    noCookies: "This browser keeps no cookies here. You can sign in; when the page is closed or loaded again, you are signed out.",
    tryAgain: "Try again",
    loginMissing: "Enter your login name.",
    passwordMissing: "Enter your password.",
  },
  zh: {
    title: "登录",
    motto: "雁足传书，封封必达。",
    login: "登录名",
    password: "密码",
    showPassword: "显示密码",
    signIn: "登录",
    signingIn: "正在登录…",
    ended: "登录已失效。请重新登录：草稿和未发送的消息仍在此处。",
    erased: (unsent: number) =>
      unsent === 0
        ? "本浏览器已在其他设备上被退出登录，此处的消息和草稿已删除。"
        : `本浏览器已在其他设备上被退出登录，此处的消息和草稿已删除，其中${plural(unsent, { other: "有 # 条消息尚未发送。" })}`,
    unreachable: "暂时无法连接服务器。",
    broken: "无法打开本浏览器保存的数据。",
    noCookies: "本浏览器在此不保存 Cookie。可以登录，但关闭或重新加载页面后会退出登录。",
    tryAgain: "重试",
    loginMissing: "请输入登录名。",
    passwordMissing: "请输入密码。",
  },
});
