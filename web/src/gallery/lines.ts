/** What is said in the gallery's conversations, in both languages. */
import type { Entry } from "@hongyan/client";
import type { Language } from "../i18n/index.ts";

export interface Line {
  from: number;
  /** Minutes. */
  ago: number;
  /** Null: nothing is left, or nothing is known of it. */
  text: string | null;
  entry?: Partial<Entry> & { text?: string };
}

interface Said {
  direct: readonly Line[];
  group: readonly Line[];
  failed: string;
  waiting: string;
}

const DAY = 1440;
const CODE = "```rust\nfn main() {\n    let geese = [\"bean\", \"bar-headed\"];\n    println!(\"{} of them flew past the window this morning\", geese.len());\n}\n```";

export const lines: Record<Language, Said> = {
  en: {
    direct: [
      { from: 2, ago: DAY + 95, text: "Morning! On Saturday we count birds at the wetland, seven o'clock at the north gate." },
      { from: 1, ago: DAY + 93, text: "Count me in. Who brings the telescope?" },
      { from: 2, ago: DAY + 92, text: "I do." },
      { from: 2, ago: DAY + 91, text: "You bring **hot tea**." },
      { from: 2, ago: 60, text: "# Last year's list\n\n| Goose | Seen |\n|---|--:|\n| Greylag | 214 |\n| Bean | 36 |\n| **Bar-headed** | 1 |\n\n- [x] telescope\n- [ ] thermos\n- [ ] `counter.rs`, as below" },
      { from: 2, ago: 59, text: CODE },
      { from: 1, ago: 50, text: "I believe it. Is there a picture?", entry: { reply_to: 5 } },
      { from: 2, ago: 49, text: "The third one on https://geese.example.org/2025, or [here](https://geese.example.org/2025#3). Write to ann@geese.example.org for the large one.\n\n> He said:\n>> nobody will believe us\n> and he was right" },
      { from: 1, ago: 40, text: null, entry: { recalled_by: 99 } },
      { from: 1, ago: 39, text: "Beautiful, and I have read the whole of it twice by now, on the train and at home", entry: { edited_by: 99 } },
      { from: 1, ago: 38, text: "😮" },
      { from: 2, ago: 8, text: "Dress warmly." },
      { from: 2, ago: 7, text: "The wind comes straight over the lake, and there is nothing to hide behind." },
      { from: 1, ago: 4, text: "At seven then!" },
      { from: 1, ago: 3, text: "Tea is on." },
    ],
    group: [
      { from: 1, ago: 34, text: null, entry: { kind: "event", event: { type: "created", name: "雁群 Geese", users: [2, 3, 4, 6, 7] } } },
      { from: 3, ago: 33, text: null, entry: { kind: "event", event: { type: "added", users: [5] } } },
      { from: 1, ago: 33, text: null, entry: { kind: "event", event: { type: "role", user: 3, role: "admin" } } },
      { from: 3, ago: 33, text: null, entry: { kind: "event", event: { type: "renamed", name: "雁群 Geese" } } },
      { from: 3, ago: 32, text: null, entry: { kind: "event", event: { type: "described", description: "…" } } },
      { from: 1, ago: 32, text: null, entry: { kind: "event", event: { type: "invite_set", invite: "admins" } } },
      { from: 1, ago: 32, text: null, entry: { kind: "event", event: { type: "removed", users: [6] } } },
      { from: 7, ago: 32, text: null, entry: { kind: "event", event: { type: "left" } } },
      { from: 3, ago: 30, text: "The slides are on the shared drive.", entry: { origin: "forwarded:5" } },
      { from: 3, ago: 29, text: "Please look at the second one before three." },
      { from: 5, ago: 25, text: "Done. Two small remarks:\n\n1. the date\n2. the colour of the goose" },
      { from: 1, ago: 20, text: "I change both. @Ann Example, is that all?", entry: { mentions: [3] } },
      { from: 3, ago: 15, text: "Yes! @Zhang Wei brings the list, @Li Si **the tea**.", entry: { mentions: [1, 2] } },
      { from: 2, ago: 10, text: null, entry: { body: { type: "poll" } } },
      { from: 2, ago: 9, text: "שלום, this is `git push --force-with-lease` in a line that turns" },
    ],
    failed: "This one was refused.",
    waiting: "And this one waits for the network.",
  },
  zh: {
    direct: [
      { from: 2, ago: DAY + 95, text: "早！周六去湿地数鸟，早上七点北门集合。" },
      { from: 1, ago: DAY + 93, text: "算我一个。谁带望远镜？" },
      { from: 2, ago: DAY + 92, text: "我带。" },
      { from: 2, ago: DAY + 91, text: "你负责**热茶**。" },
      { from: 2, ago: 60, text: "# 去年的名单\n\n| 雁 | 数量 |\n|---|--:|\n| 灰雁 | 214 |\n| 豆雁 | 36 |\n| **斑头雁** | 1 |\n\n- [x] 望远镜\n- [ ] 保温壶\n- [ ] `counter.rs`，见下" },
      { from: 2, ago: 59, text: CODE },
      { from: 1, ago: 50, text: "我信。有照片吗？", entry: { reply_to: 5 } },
      { from: 2, ago: 49, text: "在 https://湿地.中国/2025 第三张，或者看[这里](https://geese.example.org/2025#3)。要大图就写信给 ann@geese.example.org。\n\n> 他说：\n>> 没人会信我们的\n> 他说对了" },
      { from: 1, ago: 40, text: null, entry: { recalled_by: 99 } },
      { from: 1, ago: 39, text: "真漂亮，我在火车上和家里一共看了两遍，连说明文字也一个字一个字地读完了", entry: { edited_by: 99 } },
      { from: 1, ago: 38, text: "😮" },
      { from: 2, ago: 8, text: "穿厚一点。" },
      { from: 2, ago: 7, text: "湖上的风直吹过来，一点遮挡都没有。" },
      { from: 1, ago: 4, text: "好，七点见！" },
      { from: 1, ago: 3, text: "茶已经泡上了。" },
    ],
    group: [
      { from: 1, ago: 34, text: null, entry: { kind: "event", event: { type: "created", name: "雁群 Geese", users: [2, 3, 4, 6, 7] } } },
      { from: 3, ago: 33, text: null, entry: { kind: "event", event: { type: "added", users: [5] } } },
      { from: 1, ago: 33, text: null, entry: { kind: "event", event: { type: "role", user: 3, role: "admin" } } },
      { from: 3, ago: 33, text: null, entry: { kind: "event", event: { type: "renamed", name: "雁群 Geese" } } },
      { from: 3, ago: 32, text: null, entry: { kind: "event", event: { type: "described", description: "…" } } },
      { from: 1, ago: 32, text: null, entry: { kind: "event", event: { type: "invite_set", invite: "admins" } } },
      { from: 1, ago: 32, text: null, entry: { kind: "event", event: { type: "removed", users: [6] } } },
      { from: 7, ago: 32, text: null, entry: { kind: "event", event: { type: "left" } } },
      { from: 3, ago: 30, text: "The slides are on the shared drive.", entry: { origin: "forwarded:5" } },
      { from: 3, ago: 29, text: "三点以前请看一下第二张。" },
      { from: 5, ago: 25, text: "看完了，两个小意见：\n\n1. 日期\n2. 雁的颜色" },
      { from: 1, ago: 20, text: "两处都改。@Ann Example 还有吗？", entry: { mentions: [3] } },
      { from: 3, ago: 15, text: "没有了！@张伟 带名单，@李思 带**热茶**。", entry: { mentions: [1, 2] } },
      { from: 2, ago: 10, text: null, entry: { body: { type: "poll" } } },
      { from: 2, ago: 9, text: "שלום，这一行里有 `git push --force-with-lease`" },
    ],
    failed: "这一条被拒绝了。",
    waiting: "这一条在等网络。",
  },
};
