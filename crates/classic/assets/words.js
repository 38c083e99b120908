// The words of the page, in the two languages that it speaks. Chinese is the default.

const WORDS = {
  zh: {
    email: "邮箱",
    password: "密码",
    signIn: "登录",
    signOut: "退出",
    wrongPassword: "邮箱或密码不对",
    tooOften: "尝试太多次，请稍后再试",
    unreachable: "连不上服务器，请稍后再试",
    recent: "最近联系人",
    all: "所有联系人",
    nobody: "选择一位联系人，开始聊天",
    noContacts: "还没有聊天，去“所有联系人”里找一位吧",
    noMessages: "还没有消息，说句话吧",
    write: "输入消息",
    send: "发送",
    back: "返回",
    sending: "发送中…",
    unsure: "连接断了，不知道送到没有",
    again: "重发",
    connecting: "正在连接…",
    online: "上线成功",
    onlineAgain: "重新上线",
    lost: (seconds) => `失去连接，${seconds} 秒后重连`,
    refused: (message) => `没有成功：${message}`,
    other: "English",
  },
  en: {
    email: "Email",
    password: "Password",
    signIn: "Sign in",
    signOut: "Sign out",
    wrongPassword: "Wrong email or password",
    tooOften: "Too many attempts, please wait",
    unreachable: "The server cannot be reached, please try again",
    recent: "Recent",
    all: "Everybody",
    nobody: "Choose somebody to talk to",
    noContacts: "No talks yet. Find somebody under “Everybody”",
    noMessages: "No messages yet. Say something",
    write: "Write a message",
    send: "Send",
    back: "Back",
    sending: "Sending…",
    unsure: "The connection broke: it may have arrived or not",
    again: "Send again",
    connecting: "Connecting…",
    online: "Online",
    onlineAgain: "Online again",
    lost: (seconds) => `Connection lost, next attempt in ${seconds} s`,
    refused: (message) => `That did not work: ${message}`,
    other: "中文",
  },
};

const KEPT = "hongyan.classic.language";

let language = localStorage.getItem(KEPT) === "en" ? "en" : "zh";

/** A word, or a sentence made from arguments. */
export function word(name, ...values) {
  const found = WORDS[language][name];
  return typeof found === "function" ? found(...values) : found;
}

/** The language, as the browser names it. */
export function locale() {
  return language === "en" ? "en" : "zh-CN";
}

export function switchLanguage() {
  language = language === "en" ? "zh" : "en";
  localStorage.setItem(KEPT, language);
}

/** Puts the words into what the page came with. */
export function translate() {
  document.documentElement.lang = locale();
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = word(element.dataset.word);
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label));
    if ("placeholder" in element) element.placeholder = word(element.dataset.label);
  }
  for (const element of document.querySelectorAll(".language")) {
    element.textContent = word("other");
    element.lang = language === "en" ? "zh-CN" : "en";
  }
}
