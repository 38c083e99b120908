/** Lines of the list in every state. */
import type { Conversation, Entry, Outgoing } from "@hongyan/client";
import type { Language } from "../i18n/index.ts";
import type { Row } from "../model/model.ts";
import { lines } from "./lines.ts";
import type { Story } from "./stand-in.ts";

const HOUR = 3_600_000;

export function rows(story: Story, language: Language): Row[] {
  const now = Date.now();
  const said = lines[language];
  const text = (at: number) => said.direct[at]!.text!;
  let number = 100;
  const row = (user: number, hours: number, more: Partial<Row> & { entry?: Partial<Entry>; read?: number; delivered?: number }): Row => {
    const { entry, read = 0, delivered = 0, ...rest } = more;
    const conv = (number += 1);
    const at = now - hours * HOUR;
    const last: Entry = { conv, seq: 1, id: conv, kind: "message", from: user, at, client_id: `${conv}`, body: { type: "text", text: text(1) }, ...entry };
    const members = [{ user: story.me.id, read: 1, delivered: 1 }, { user, read, delivered }];
    const conversation: Conversation = { conv, kind: "direct", head: 1, held: 1, floor: 1, unread: rest.unread ?? 0, me: { read: 1, delivered: 1 }, size: 2, members, last };
    const title = [story.me, ...story.people].find((one) => one.id === user)!.name;
    return { key: `gallery:${conv}`, place: { to: user }, conversation, title, unread: 0, mentions: 0, last, pending: null, draft: "", isMuted: false, isPinned: false, isMarked: false, at, ...rest };
  };
  const own = { from: story.me.id };
  const pending = (state: Outgoing["state"]): Outgoing => ({
    clientId: "gallery", at: now, state, append: { type: "send", conv: 1, client_id: "gallery", body: { type: "text", text: said.waiting } },
  });
  return [
    row(2, 0, { entry: { body: { type: "text", text: text(12) } } }),
    row(3, 0.2, { unread: 2, mentions: 1 }),
    row(4, 0.3, { isPinned: true }),
    row(6, 0.4, { isMarked: true }),
    row(5, 1, { unread: 128, entry: { body: { type: "text", text: text(4) } } }),
    row(6, 2, { unread: 3, mentions: 2, isMuted: true, entry: { edited_by: 2 } }),
    row(7, 3, { entry: { body: { type: "text", text: "שלום, מה נשמע?" } } }),
    row(4, 26, { draft: text(3) }),
    row(2, 26, { entry: own }),
    row(3, 50, { entry: own, delivered: 1 }),
    row(5, 74, { entry: own, delivered: 1, read: 1 }),
    row(2, 98, { pending: pending("waiting") }),
    row(3, 300, { pending: pending("failed") }),
    row(5, 9000, { entry: { recalled_by: 2 } }),
  ];
}
