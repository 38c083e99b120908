/** What is live, against a real server: who is writing, to those who look. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { PASSWORD, Person } from "./person.ts";
import { Server } from "./server.ts";

const until = (condition: () => void | Promise<void>): Promise<void> => vi.waitFor(condition, { timeout: 20_000, interval: 20 });

let server: Server;
const people: Person[] = [];

beforeAll(async () => {
  server = await Server.start();
  for (const name of ["ann", "bob"]) server.addUser(name, name, PASSWORD);
}, 60_000);
afterAll(() => server.end());
afterEach(async () => {
  await Promise.all(people.splice(0).map(({ client }) => client.close()));
});

async function signIn(name: string): Promise<Person> {
  const person = await Person.signIn(server.url, name);
  people.push(person);
  await until(() => expect(person.isCaughtUp).toBe(true));
  return person;
}

test("who writes is told to who looks, until the message comes", async () => {
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  const { conv } = await ann.client.createGroup("雁群", [bob.id]);
  await until(() => expect(bob.client.conversation(conv)?.group?.name).toBe("雁群"));
  ann.client.watch(conv);
  bob.client.watch(conv);
  // The server may hear of the writing before it knows that somebody looks.
  const nudge = setInterval(() => bob.client.typing(conv), 500);
  await until(() => expect(ann.client.typists(conv)).toEqual({ conv, users: [bob.id], others: 0 }));
  clearInterval(nudge);
  expect(bob.client.typists(conv).users).toEqual([]);
  await bob.client.send({ conv }, "said").sent;
  await until(() => expect(ann.client.typists(conv).users).toEqual([]));
  expect(ann.texts).toEqual(["said"]);

  // A new connection looks at the same.
  const nudges = setInterval(() => bob.client.typing(conv), 500);
  await server.stop();
  await server.run();
  await until(() => expect(ann.client.typists(conv).users).toEqual([bob.id]));
  clearInterval(nudges);
});

test("who is there is told to who looks, and answered to who asks", async () => {
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  const { conv } = await ann.client.send({ to: bob.id }, "there?").sent;
  await until(() => expect(ann.client.conversation(conv)?.held).toBe(1));
  ann.client.watch(conv);
  const online = (...users: number[]) => ({ conv, users: users.map((user) => ({ user, state: "online" })), online: users.length });
  await until(() => expect(ann.client.present(conv)).toEqual(online(ann.id, bob.id)));
  expect(await ann.client.presence([bob.id])).toEqual([{ user: bob.id, state: "online" }]);
  expect(await bob.client.presenceSettings()).toEqual({ lastSeen: "everybody", invisible: false });
  expect(await bob.client.setPresence({ invisible: true })).toEqual({ lastSeen: "everybody", invisible: true });
  await until(() => expect(ann.client.present(conv)).toEqual(online(ann.id)));
  expect(await ann.client.presence([bob.id])).toEqual([{ user: bob.id, state: "offline" }]);
  await bob.client.setPresence({ invisible: false, lastSeen: "nobody" });
  await until(() => expect(ann.client.present(conv)).toEqual(online(ann.id, bob.id)));
  ann.client.watch(null);
  expect(ann.client.present(conv)).toEqual(online());
});

test("by how many a message was read is told in a group that does not tell its members, and who they are is asked", async () => {
  await server.stop();
  server.addCrowd(Array.from({ length: 70 }, (_, at) => `crowd${at}`));
  await server.run();
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  const crowd = (await ann.client.users({ limit: 200 })).filter(({ name }) => name.startsWith("crowd")).map(({ id }) => id);
  const { conv } = await ann.client.createGroup("large", [bob.id, ...crowd]);
  await until(() => expect(bob.client.conversation(conv)?.size).toBe(72));
  const { seq } = await ann.client.send({ conv }, "everybody?").sent;
  const told: unknown[] = [];
  ann.client.on("readBy", (counts) => told.push(counts));
  ann.client.watch(conv);
  ann.client.show(conv, [seq]);
  await until(() => expect(ann.client.readBy(conv, seq)).toBe(0));
  await until(() => expect(bob.client.conversation(conv)?.held).toBe(seq));
  bob.client.read(conv, seq);
  await until(() => expect(ann.client.readBy(conv, seq)).toBe(1));
  expect(told).toEqual([{ conv, messages: [{ seq, count: 0 }] }, { conv, messages: [{ seq, count: 1 }] }]);
  expect((await ann.client.readers(conv, seq)).users.map(({ id }) => id)).toEqual([bob.id]);
  expect(await ann.client.readers(conv, seq, { unread: true, limit: 70, after: 0 })).toMatchObject({ users: { length: 70 }, more: false });

  // A new connection asks for the same again.
  await server.stop();
  await server.run();
  await until(() => expect(told.at(-1)).toEqual({ conv, messages: [{ seq, count: 1 }] }));
  await until(() => expect(told.length).toBe(3));
  // Where members are told there is nothing to ask.
  const small = await ann.client.createGroup("small", [bob.id]);
  await until(() => expect(ann.client.conversation(small.conv)?.members?.length).toBe(2));
  const said = await ann.client.send({ conv: small.conv }, "both?").sent;
  ann.client.watch(small.conv);
  ann.client.show(small.conv, [said.seq]);
  await until(() => expect(bob.client.conversation(small.conv)?.held).toBe(said.seq));
  bob.client.read(small.conv, said.seq);
  await until(() => expect(ann.client.conversation(small.conv)?.members?.find(({ user }) => user === bob.id)?.read).toBe(said.seq));
  expect([told.length, ann.client.readBy(small.conv, said.seq)]).toEqual([3, null]);
});

test("new members read as much of what was said as the group lets them", async () => {
  const [ann, bob] = [await signIn("ann"), await signIn("bob")];
  const { conv } = await ann.client.createGroup("new", []);
  await ann.client.setGroup(conv, { history: "joining" });
  await until(() => expect(ann.client.conversation(conv)?.group?.history).toBe("joining"));
  await ann.client.send({ conv }, "before").sent;
  await ann.client.addMembers(conv, [bob.id]);
  await ann.client.send({ conv }, "after").sent;
  await until(() => expect(bob.client.conversation(conv)).toMatchObject({ held: 5, unread: 1, size: 2 }));
  const page = await bob.client.history(conv, { before: 6 });
  expect(page).toMatchObject({ since: 4, more: false });
  expect(page.entries.map(({ seq }) => seq)).toEqual([4, 5]);
});
