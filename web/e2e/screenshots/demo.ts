/**
 * A believable day of somebody's messages, in both languages.
 *
 * Owns: who writes what, and when. Promises: the same each time. Not here: how it gets to the server.
 */
import type { User } from "../harness/server.ts";

export interface Line {
  /** Whose conversation with oneself it belongs to. */
  with: string;
  from: "me" | "them";
  text: string;
  /** Minutes before the moment that the pictures show. */
  ago: number;
  /** The line of this conversation, counted from 1, that it answers. */
  replyTo?: number;
}

export interface Demo {
  me: User;
  others: User[];
  /** In the order of sending. */
  lines: Line[];
  /** With whom the conversation shows that is looked at. */
  shown: string;
  /** Whose messages nobody read yet. */
  unread: string;
  draft: { with: string; text: string };
  /** What is searched for, and what is written without a connection. */
  sought: string;
  late: string;
  /** Somebody without any conversation. */
  newcomer: User;
}

const DAY = 24 * 60;

export const demos: { en: Demo; zh: Demo } = {
  en: {
    me: { login: "maya", name: "Maya Chen" },
    others: [
      { login: "ann", name: "Ann Weber" },
      { login: "omar", name: "Omar Haddad" },
      { login: "lisi", name: "李四" },
      { login: "sofia", name: "Sofia Rossi" },
      { login: "tom", name: "Tom Baker" },
    ],
    lines: [
      { with: "tom", from: "them", text: "The slides are on the shared drive.", ago: 3 * DAY },
      { with: "tom", from: "me", text: "Thanks, I will look tonight.", ago: 3 * DAY - 12 },
      { with: "sofia", from: "them", text: "Ciao! Are you in town on Friday?", ago: DAY + 190 },
      { with: "ann", from: "them", text: "Good morning! The bird count is on Saturday, seven o'clock at the north gate.", ago: DAY + 95 },
      { with: "ann", from: "me", text: "Count me in. Who brings the telescope?", ago: DAY + 93 },
      { with: "ann", from: "them", text: "I do. You bring **tea**.", ago: DAY + 92 },
      { with: "lisi", from: "them", text: "晚上一起吃饭吗？", ago: 130 },
      { with: "lisi", from: "me", text: "好啊，老地方见。", ago: 128 },
      { with: "ann", from: "them", text: "Last year's list, so that you know what to look for:\n\n- 214 greylag geese\n- 36 bean geese\n- **1** bar-headed goose, which nobody believed", ago: 41 },
      { with: "ann", from: "me", text: "I believe it. Do you have a picture?", ago: 40, replyTo: 4 },
      { with: "ann", from: "them", text: "See https://geese.example.org/2025/bar-headed, the third one.", ago: 38 },
      { with: "omar", from: "them", text: "The train leaves at 6:12, platform 4.", ago: 16 },
      { with: "omar", from: "them", text: "I have both tickets.", ago: 15 },
      { with: "ann", from: "me", text: "That is a beautiful bird 😮", ago: 9 },
      { with: "ann", from: "them", text: "It is. Bring a warm coat, the wind comes straight off the lake.", ago: 4 },
      { with: "ann", from: "me", text: "Will do. See you at seven!", ago: 2 },
    ],
    shown: "ann",
    unread: "omar",
    draft: { with: "sofia", text: "I am! Let us " },
    sought: "goose",
    late: "The tea is in the bag.",
    newcomer: { login: "noor", name: "Noor Karim" },
  },
  zh: {
    me: { login: "zhangsan", name: "张三" },
    others: [
      { login: "lisi", name: "李四" },
      { login: "wangwu", name: "王五" },
      { login: "chenchen", name: "陈晨" },
      { login: "zhoushifu", name: "周师傅" },
      { login: "ann", name: "Ann Weber" },
    ],
    lines: [
      { with: "ann", from: "them", text: "The slides are on the shared drive.", ago: 3 * DAY },
      { with: "ann", from: "me", text: "收到，晚上看。", ago: 3 * DAY - 12 },
      { with: "chenchen", from: "them", text: "周五在城里吗？", ago: DAY + 190 },
      { with: "lisi", from: "them", text: "早！周六去湿地数鸟，早上七点北门集合。", ago: DAY + 95 },
      { with: "lisi", from: "me", text: "算我一个。谁带望远镜？", ago: DAY + 93 },
      { with: "lisi", from: "them", text: "我带。你负责**热茶**。", ago: DAY + 92 },
      { with: "zhoushifu", from: "them", text: "车修好了，随时来取。", ago: 130 },
      { with: "zhoushifu", from: "me", text: "太好了，下班就来。", ago: 128 },
      { with: "lisi", from: "them", text: "去年的名单，心里有个数：\n\n- 灰雁 214 只\n- 豆雁 36 只\n- **斑头雁 1 只**，当时没人信", ago: 41 },
      { with: "lisi", from: "me", text: "我信。有照片吗？", ago: 40, replyTo: 4 },
      { with: "lisi", from: "them", text: "在 https://geese.example.org/2025 第三张。", ago: 38 },
      { with: "wangwu", from: "them", text: "火车 6:12 开，四站台。", ago: 16 },
      { with: "wangwu", from: "them", text: "两张票都在我这儿。", ago: 15 },
      { with: "lisi", from: "me", text: "真漂亮 😮", ago: 9 },
      { with: "lisi", from: "them", text: "是吧。穿厚一点，湖上的风直吹过来。", ago: 4 },
      { with: "lisi", from: "me", text: "好，七点见！", ago: 2 },
    ],
    shown: "lisi",
    unread: "wangwu",
    draft: { with: "chenchen", text: "在的！我们" },
    sought: "雁",
    late: "热茶装好了。",
    newcomer: { login: "xinren", name: "林小满" },
  },
};
