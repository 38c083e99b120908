/** Groups against a real server: what each of three people has, live and after a restart. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { PASSWORD, Person } from "./person.ts";
import { Server } from "./server.ts";

const until = (condition: () => void | Promise<void>): Promise<void> => vi.waitFor(condition, { timeout: 20_000, interval: 20 });
const code = (code: string) => expect.objectContaining({ code });

let server: Server;
const people: Person[] = [];

beforeAll(async () => {
  server = await Server.start();
  for (const name of ["ann", "bob", "cid"]) server.addUser(name, name, PASSWORD);
}, 60_000);
afterAll(() => server.end());
afterEach(async () => {
  await Promise.all(people.splice(0).map(({ client }) => client.close()));
});

async function signIn(name: string, options: Parameters<typeof Person.signIn>[2] = {}): Promise<Person> {
  const person = await Person.signIn(server.url, name, options);
  people.push(person);
  await until(() => expect(person.isCaughtUp).toBe(true));
  return person;
}

test("a group is made, grows, changes, and ends for whom it ends", async () => {
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  const storage = new MemoryStorage();
  let cid = await signIn("cid", { storage });
  const { conv } = await ann.client.createGroup("雁群", [bob.id]);
  const of = (person: Person) => person.client.conversation(conv);
  await until(() => expect(of(bob)).toMatchObject({ kind: "group", size: 2, group: { name: "雁群", role: "member" } }));
  await until(() => expect(of(ann)?.group?.role).toBe("owner"));
  await ann.client.send({ conv }, "大家好").sent;
  await until(() => expect(of(bob)).toMatchObject({ unread: 1 }));
  bob.client.read(conv, 2);
  await until(() => expect(of(ann)?.members?.find(({ user }) => user === bob.id)?.read).toBe(2));

  await bob.client.addMembers(conv, [cid.id]);
  await until(() => expect(of(cid)).toMatchObject({ size: 3, unread: 0, group: { name: "雁群" } }));
  await until(() => expect([of(ann)?.size, of(bob)?.size]).toEqual([3, 3]));
  const page = await cid.client.members(conv, { limit: 2 });
  expect(page).toMatchObject({ members: [{ user: ann.id, role: "owner" }, { user: bob.id, role: "member" }], more: true });
  expect((await cid.client.members(conv, { after: bob.id })).members).toEqual([{ user: cid.id, role: "member" }]);

  await ann.client.setGroup(conv, { name: "大雁" });
  await ann.client.setGroup(conv, { post: "admins" });
  await ann.client.setRole(conv, bob.id, "admin");
  await until(() => expect(of(cid)?.group).toMatchObject({ name: "大雁", post: "admins", role: "member" }));
  await until(() => expect(of(bob)?.group?.role).toBe("admin"));
  await expect(cid.client.send({ conv }, "no").sent).rejects.toEqual(code("forbidden"));
  await expect(cid.client.removeMember(conv, bob.id)).rejects.toEqual(code("forbidden"));
  await expect(ann.client.leave(conv)).rejects.toEqual(code("owner_stays"));
  await cid.client.discard(cid.client.outgoing()[0]!.clientId);

  await bob.client.removeMember(conv, cid.id);
  await until(() => expect(of(cid)).toMatchObject({ left: true, unread: 0, group: { name: "大雁" } }));
  await until(() => expect(of(ann)?.size).toBe(2));
  const { held } = of(cid)!;
  await ann.client.send({ conv }, "not for cid").sent;
  expect(() => cid.client.send({ conv }, "hello?")).toThrow("no member");
  expect(await cid.client.history(conv, { before: 3 })).toMatchObject({ entries: [], more: false });
  expect((await cid.client.cached(conv, { limit: 50 })).at(-1)).toMatchObject({ seq: held, event: { type: "removed" } });
  await cid.client.close();
  cid = await signIn("cid", { storage });
  expect(of(cid)).toMatchObject({ left: true, held, head: held });

  // Back again: what was said meanwhile is there too.
  await ann.client.addMembers(conv, [cid.id]);
  await until(() => expect(of(cid)).toMatchObject({ size: 3, group: { name: "大雁", role: "member" } }));
  await until(() => expect("left" in of(cid)!).toBe(false));
  await bob.client.leave(conv);
  await until(() => expect(of(bob)?.left).toBe(true));
  await ann.client.disband(conv);
  await until(() => expect([of(ann)?.left, of(cid)?.left]).toEqual([true, true]));
  await expect(ann.client.members(conv)).rejects.toEqual(code("conversation_not_found"));
});

test("messages that mention somebody are listed", async () => {
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  const { conv } = await ann.client.createGroup("mentions", [bob.id]);
  for (const text of ["@bob one", "@bob two"]) await ann.client.send({ conv }, text, { mentions: [bob.id] }).sent;
  const first = await bob.client.mentions({ limit: 1 });
  expect(first).toMatchObject({ entries: [{ conv, seq: 3, body: { text: "@bob two" } }], users: [{ id: ann.id }] });
  expect((await bob.client.mentions({ before: first.before!, limit: 1 })).entries.map(({ seq }) => seq)).toEqual([2]);
  expect((await ann.client.mentions()).entries).toEqual([]);
  await until(() => expect(bob.client.conversation(conv)).toMatchObject({ unread: 2, mentions: 2, mentioned: [2, 3] }));
  bob.client.read(conv, 2);
  await until(() => expect(bob.client.conversation(conv)).toMatchObject({ mentions: 1, mentioned: [3] }));
});

test("mentions that came while one was away are counted, and found where they are not held", async () => {
  const [ann, storage] = [await signIn("ann"), new MemoryStorage()];
  let bob = await signIn("bob", { storage });
  const { conv } = await ann.client.createGroup("long", [bob.id]);
  await until(() => expect(bob.client.conversation(conv)?.held).toBe(1));
  await bob.client.close();
  const mentioned = [2, 9, 30];
  for (let seq = 2; seq <= 40; seq += 1) await ann.client.send({ conv }, `m${seq}`, { mentions: mentioned.includes(seq) ? [bob.id] : [] }).sent;
  // Another device, which begins with the end of the log.
  bob = await signIn("bob");
  expect(bob.client.conversation(conv)).toMatchObject({ unread: 39, mentions: 3, mentioned: [] });
  expect(await bob.client.unreadMentions(conv)).toEqual(mentioned);
  expect(bob.client.conversation(conv)).toMatchObject({ mentions: 3, mentioned });
  bob.client.read(conv, 9);
  expect(bob.client.conversation(conv)).toMatchObject({ mentions: 1, mentioned: [30] });
  expect(await bob.client.unreadMentions(conv)).toEqual([30]);
  bob.client.read(conv, 40);
  await until(() => expect(bob.client.conversation(conv)?.mentions).toBeUndefined());
  expect(await bob.client.unreadMentions(conv)).toEqual([]);
});

test("who leads a group mentions all of it", async () => {
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  const { conv } = await ann.client.createGroup("all", [bob.id]);
  const { seq } = await ann.client.send({ conv }, "@all come", { mentionsAll: true }).sent;
  for (const { client } of [ann, bob]) {
    await until(() => expect(client.conversation(conv)?.last).toMatchObject({ seq, mentions_all: true }));
  }
  expect((await bob.client.mentions({ limit: 1 })).entries).toMatchObject([{ conv, seq, mentions_all: true }]);
  await expect(bob.client.send({ conv }, "@all no", { mentionsAll: true }).sent).rejects.toEqual(code("forbidden"));
});

test("who is blocked is refused, and the list of the blocked is on all devices", async () => {
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  const { conv } = await bob.client.send({ to: ann.id }, "hello").sent;
  const news: unknown[] = [];
  ann.client.on("blocked", (told) => news.push(told));
  await ann.client.block(bob.id);
  await until(() => expect(news).toEqual([{ user: bob.id, on: true }]));
  expect((await ann.client.blocked()).users.map(({ id }) => id)).toEqual([bob.id]);
  await expect(bob.client.send({ conv }, "still here?").sent).rejects.toEqual(code("forbidden"));
  await ann.client.unblock(bob.id);
  await until(() => expect(news).toEqual([{ user: bob.id, on: true }, { user: bob.id, on: false }]));
  expect((await ann.client.blocked()).users).toEqual([]);
  await bob.client.send({ conv }, "here again").sent;
});

test("who was put out while away learns it at the next sync, and nothing is asked for", async () => {
  const [ann, storage] = [await signIn("ann"), new MemoryStorage()];
  let bob = await signIn("bob", { storage });
  const { conv } = await ann.client.createGroup("away", [bob.id]);
  await until(() => expect(bob.client.conversation(conv)?.held).toBe(1));
  await bob.client.close();
  for (let n = 0; n < 12; n += 1) await ann.client.send({ conv }, `m${n}`).sent;
  await ann.client.removeMember(conv, bob.id);
  bob = await signIn("bob", { storage });
  expect(bob.client.conversation(conv)).toMatchObject({ left: true, held: 1, head: 1, unread: 0, group: { name: "away" } });
});
