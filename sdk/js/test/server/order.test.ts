/** Order in groups against a real server: bans, mutes, slow mode and pinned messages. */
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

test("who is muted reads on, who is slow waits, and who is banned stays out", async () => {
  const [ann, bob, cid] = [await signIn("ann"), await signIn("bob"), await signIn("cid")];
  const { conv } = await ann.client.createGroup("order", [bob.id, cid.id]);
  const of = (person: Person) => person.client.conversation(conv);
  for (const person of [ann, bob, cid]) await until(() => expect(of(person)).toMatchObject({ size: 3, group: { name: "order" } }));
  const later = Date.now() + 3_600_000;
  await ann.client.muteMember(conv, bob.id, later);
  await until(() => expect(of(bob)?.group?.muted_until).toBe(later));
  expect(of(cid)?.group?.muted_until).toBeUndefined();
  expect(await ann.client.mutedMembers(conv)).toMatchObject({ muted: [{ user: bob.id, until: later }], users: [{ id: bob.id }] });
  const refused = bob.client.send({ conv }, "no");
  await expect(refused.sent).rejects.toEqual(code("muted"));
  await bob.client.discard(refused.clientId);
  await ann.client.unmuteMember(conv, bob.id);
  await until(() => expect(of(bob)?.group?.muted_until).toBeUndefined());

  await ann.client.setGroup(conv, { slow_s: 1 });
  await until(() => expect(of(bob)?.group?.slow_s).toBe(1));
  const begun = performance.now();
  // It waits, and is sent again by itself.
  await Promise.all(["one", "two"].map((text) => bob.client.send({ conv }, text).sent));
  expect(performance.now() - begun).toBeGreaterThan(900);

  await ann.client.ban(conv, [cid.id]);
  await until(() => expect(of(cid)?.left).toBe(true));
  await until(() => expect(of(bob)?.size).toBe(2));
  expect((await ann.client.bans(conv)).users.map(({ id }) => id)).toEqual([cid.id]);
  await expect(ann.client.addMembers(conv, [cid.id])).rejects.toEqual(code("banned"));
  await ann.client.unban(conv, cid.id);
  await ann.client.addMembers(conv, [cid.id]);
  await until(() => expect(of(cid)).toMatchObject({ size: 3, group: { name: "order" } }));
});

test("messages are pinned in a conversation of two as well, and a recall takes the pin", async () => {
  const [ann, storage] = [await signIn("ann"), new MemoryStorage()];
  let bob = await signIn("bob", { storage });
  const { conv } = await ann.client.send({ to: bob.id }, "one").sent;
  for (const text of ["two", "three"]) await ann.client.send({ conv }, text).sent;
  const of = (person: Person) => person.client.conversation(conv);
  await until(() => expect(of(bob)?.held).toBe(3));
  for (const seq of [3, 1, 2]) await bob.client.pin(conv, seq);
  for (const person of [ann, bob]) await until(() => expect(of(person)).toMatchObject({ kind: "direct", pins: [1, 2, 3] }));
  await bob.client.close();
  await ann.client.recall(conv, 1).sent;
  await ann.client.unpin(conv, 2);
  bob = await signIn("bob", { storage });
  for (const person of [ann, bob]) await until(() => expect(of(person)).toMatchObject({ kind: "direct", pins: [3] }));
  await bob.client.unpin(conv, 3);
  for (const person of [ann, bob]) await until(() => expect(of(person)?.pins).toBeUndefined());
});
