/** What the gallery shows: some people, and conversations in which all that a message can be happens once. */
import type { Conversation, Draft, Entry, GroupView, MessageReactions, Outgoing, UserProfile } from "@hongyan/client";
import type { Language } from "../i18n/index.ts";
import { lines } from "./lines.ts";
import type { Line } from "./lines.ts";
import type { Story } from "./stand-in.ts";

const MINUTE = 60_000;
const ME = 1;
const GROUP: GroupView = { name: "雁群 Geese", description: "Saturdays, seven o'clock 周六早七点", post: "all", invite: "all", role: "owner" };

/** The conversation between two, the group, and the one with nothing in it. */
export const PLACES = { direct: { to: 2 }, group: { conv: 20 }, empty: { to: 4 } } as const;

export function story(language: Language, now: number): Story {
  const name = (english: string, chinese: string) => (language === "zh" ? chinese : english);
  const me: UserProfile = { id: ME, login: "zhangwei", name: name("Zhang Wei", "张伟") };
  const people: UserProfile[] = [
    { id: 2, login: "lisi", name: name("Li Si", "李思") },
    { id: 3, login: "ann", name: "Ann Example" },
    { id: 4, login: "", name: name("Chen Chen", "陈晨") },
    { id: 5, login: "zhou", name: name("Master Zhou", "周师傅") },
    { id: 6, login: "long", name: "Wolfeschlegelsteinhausenbergerdorff-Hohenzollern" },
    { id: 7, login: "avi", name: "אבי לוי" },
  ];
  const logs = new Map([
    [10, log(10, lines[language].direct, now)],
    [20, log(20, lines[language].group, now)],
  ]);
  return {
    me,
    people,
    conversations: [
      conversation(10, "direct", [2], logs.get(10)!, -3),
      { ...conversation(20, "group", [2, 3, 5], logs.get(20)!, 0), pins: [9, 11], mentions: 1, mentioned: [13] },
    ],
    logs,
    outgoing: outgoing(language, now),
    reactions: new Map([[10, [reactions(2, 1), reactions(8, 3), reactions(11, 2)]], [20, [reactions(9, 4, 1200), reactions(13, 2)]]]),
    drafts: new Map([["to:2", leftEdit(logs.get(10)!)]]),
  };
}

/** A change of one's own last message but one, left for something else. */
function leftEdit(entries: readonly Entry[]): Draft {
  const own = entries.findLast(({ from, seq }) => from === ME && seq < entries.length)!;
  const before = own.body?.text ?? "";
  return { text: "", aside: [{ seq: own.seq, before, text: `${before} 🪿` }] };
}

function log(conv: number, told: readonly Line[], now: number): Entry[] {
  return told.map((line, at): Entry => {
    const { text, ...rest } = line.entry ?? {};
    const body = line.text === null ? {} : { body: { type: "text", text: text ?? line.text } };
    return { conv, seq: at + 1, id: conv * 100 + at, kind: "message", from: line.from, at: now - line.ago * MINUTE, client_id: `${conv}-${at}`, ...body, ...rest };
  });
}

/** `behind`: how far the others have read, counted from the end. */
function conversation(conv: number, kind: Conversation["kind"], others: readonly number[], entries: readonly Entry[], behind: number): Conversation {
  const head = entries.length;
  const members = [
    { user: ME, read: head, delivered: head },
    ...others.map((user, at) => ({ user, read: Math.max(0, head + behind - at * 2), delivered: Math.max(0, head - 1 - at) })),
  ];
  return { conv, kind, head, held: head, floor: 1, unread: 0, me: { read: head, delivered: head }, size: members.length, members, ...(kind === "group" ? { group: GROUP } : {}), last: entries.at(-1) ?? null };
}

function reactions(seq: number, kinds: number, most = 3): MessageReactions {
  const values = ["👍", "🎉", "❤️", "🪿"].slice(0, kinds);
  return { seq, number: seq, reactions: values.map((value, at) => ({ value, count: Math.ceil(most / (at + 1)), ...(at === 1 ? { mine: true } : {}) })) };
}

function outgoing(language: Language, now: number): Outgoing[] {
  const { failed, waiting } = lines[language];
  const one = (clientId: string, text: string, state: Outgoing["state"]): Outgoing => ({
    clientId, state, at: now - MINUTE, append: { type: "send", conv: 10, client_id: clientId, body: { type: "text", text } },
  });
  return [{ ...one("failed", failed, "failed"), failure: { code: "forbidden", message: "" } }, one("waiting", waiting, "waiting")];
}
