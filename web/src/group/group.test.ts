import { afterAll, describe, expect, test } from "vitest";
import type { Conversation, Entry, GroupEvent, GroupMember } from "@hongyan/client";
import { prefer } from "../model/preferences.ts";
import { closedText } from "./closed.ts";
import { eventText } from "./events.ts";
import { inOrder, withChange } from "./members.ts";

const ME = 1;
const PEOPLE: Record<number, string> = { 1: "Zhang San", 2: "张三", 3: "Li Si", 4: "王五", 5: "Ann", 6: "Bob" };
const names = { me: ME, of: (user: number) => PEOPLE[user] ?? "" };

function entry(from: number, event?: GroupEvent): Entry {
  return { conv: 9, seq: 1, id: 1, kind: "event", from, at: 0, client_id: "c", ...(event === undefined ? {} : { event }) };
}
const said = (language: "en" | "zh", from: number, event?: GroupEvent): string => {
  prefer({ language });
  return eventText(entry(from, event), names);
};

afterAll(() => prefer({ language: "auto" }));

describe("a change of a group is a sentence", () => {
  test.each<[number, GroupEvent, string, string]>([
    [2, { type: "created", name: "雁群", users: [] }, "张三 made the group “雁群”", "张三创建了群“雁群”"],
    [1, { type: "created", name: "Geese", users: [2, 3] }, "You made the group “Geese” with 张三 and Li Si", "你创建了群“Geese”，成员有张三、Li Si"],
    [2, { type: "added", users: [4] }, "张三 added 王五", "张三邀请王五加入"],
    [3, { type: "added", users: [1] }, "Li Si added you", "Li Si 邀请你加入"],
    [3, { type: "added", users: [1, 2, 4, 5, 6] }, "Li Si added you, 张三, 王五 and 2 others", "Li Si 邀请你、张三、王五等 5 人加入"],
    [1, { type: "removed", users: [3] }, "You removed Li Si", "你将 Li Si 移出了群"],
    [3, { type: "left" }, "Li Si left", "Li Si 退出了群"],
    [2, { type: "role", user: 1, role: "admin" }, "张三 made you an admin", "张三将你设为管理员"],
    [2, { type: "role", user: 3, role: "owner" }, "张三 made Li Si the owner", "张三将群主转让给 Li Si"],
    [2, { type: "post_set", post: "admins" }, "张三 let only admins write", "张三只允许管理员发言"],
    [2, { type: "renamed", name: "大雁" }, "张三 named the group “大雁”", "张三将群名改为“大雁”"],
    [2, { type: "history_set", history: "all" }, "张三 let new members read everything", "张三允许新成员查看全部消息"],
    [2, { type: "history_set", history: "joining" }, "张三 let new members read only what is said from then on", "张三只允许新成员查看入群后的消息"],
    [2, { type: "history_set", history: "days", history_days: 30 }, "张三 let new members read the last 30 days", "张三允许新成员查看最近 30 天的消息"],
    [2, { type: "keep_days_set", keep_days: 30 }, "张三 set the group to keep messages for 30 days", "张三设置消息只保留 30 天"],
    [2, { type: "keep_days_set", keep_days: 0 }, "张三 set the group to keep messages of any age", "张三取消了消息的保留天数限制"],
    [2, { type: "keep_entries_set", keep_entries: 9 }, "张三 set the group to keep its last 9 messages", "张三设置只保留最近 9 条消息"],
    [2, { type: "keep_entries_set", keep_entries: 0 }, "张三 set the group to keep any number of messages", "张三取消了消息的保留条数限制"],
    [2, { type: "slow_set", slow_s: 30 }, "张三 let members write every 30 seconds at most", "张三开启了慢速模式，成员每 30 秒可发一条"],
    [2, { type: "slow_set", slow_s: 0 }, "张三 let members write as often as they like", "张三关闭了慢速模式"],
    [2, { type: "banned", users: [3, 1], out: 2 }, "张三 banned Li Si and you", "张三封禁了 Li Si、你"],
    [1, { type: "muted", user: 3, until: 5 }, "You muted Li Si", "你禁言了 Li Si"],
    [2, { type: "pinned", target: 3 }, "张三 pinned a message", "张三置顶了一条消息"],
    [2, { type: "disbanded" }, "张三 disbanded the group", "张三解散了群"],
    [2, { type: "of_a_later_version" }, "张三 changed the group", "张三修改了群设置"],
  ])("%i %o", (from, event, english, chinese) => {
    expect([said("en", from, event), said("zh", from, event)]).toEqual([english, chinese]);
  });
});

test("why nobody can write is said", () => {
  prefer({ language: "en" });
  const group = { name: "x", post: "admins", invite: "all", role: "member" };
  const at = (more: Partial<Conversation>) => closedText({ group, last: null, ...more } as Conversation, 1000);
  expect(closedText(null, 0)).toBeNull();
  const muted = (muted_until: number) => at({ group: { ...group, post: "all", muted_until } });
  expect([muted(1000), muted(Number.MAX_SAFE_INTEGER)]).toEqual([null, "You may not write here."]);
  expect(muted(2000)).toMatch(/^You may not write here before /);
  expect(at({ group: { ...group, role: "admin", muted_until: 2000 } })).toBeNull();
  expect(at({})).toBe("Only admins can write here.");
  expect([at({ group: { ...group, role: "admin" } }), at({ group: { ...group, post: "all" } })]).toEqual([null, null]);
  expect(at({ left: true, last: entry(2, { type: "disbanded" }) })).toBe("This group was disbanded.");
  expect(at({ left: true, last: entry(2, { type: "removed", users: [1] }) })).toBe("You were removed from this group.");
  expect(at({ left: true, last: entry(2, { type: "banned", users: [1] }) })).toBe("You were banned from this group.");
  expect(at({ left: true })).toBe("You are not in this group any more.");
});

test("members come and go with the entries, the owner first", () => {
  const begin: GroupMember[] = [{ user: 1, role: "owner" }, { user: 4, role: "member" }, { user: 3, role: "member" }];
  const changes: [number, GroupEvent][] = [
    [1, { type: "added", users: [5, 4] }], [4, { type: "left" }], [1, { type: "removed", users: [6] }], [1, { type: "role", user: 3, role: "owner" }],
  ];
  const after = changes.reduce<readonly GroupMember[]>((members, [from, event]) => withChange(members, entry(from, event)), begin);
  expect(inOrder(after, names.of)).toEqual([{ user: 3, role: "owner" }, { user: 1, role: "admin" }, { user: 5, role: "member" }]);
});
