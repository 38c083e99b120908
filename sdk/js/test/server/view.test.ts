/** One's own view against a real server: two devices of one person. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/storage/memory.ts";
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

async function signIn(name: string, account: string, storage = new MemoryStorage()): Promise<Person> {
  const person = await Person.signIn(server.url, name, { account, storage });
  people.push(person);
  await until(() => expect(person.isCaughtUp).toBe(true));
  return person;
}

test("what one makes of a conversation is the same on all of one's devices, and nobody else's", async () => {
  const [ann, phone] = [await signIn("ann", "phone"), await signIn("bob", "phone")];
  const storage = new MemoryStorage();
  let laptop = await signIn("bob", "laptop", storage);
  const { conv } = await ann.client.send({ to: phone.id }, "hello").sent;
  const view = (person: Person) => person.client.conversation(conv)?.view;
  for (const person of [phone, laptop]) await until(() => expect(person.client.totalUnread).toBe(1));

  const for_ever = Number.MAX_SAFE_INTEGER;
  await phone.client.setView(conv, { muted_until: for_ever, pinned: 5 });
  expect(view(phone)).toEqual({ rev: 1, muted_until: for_ever, pinned: 5 });
  await until(() => expect(view(laptop)).toEqual(view(phone)));
  expect([laptop.client.totalUnread, laptop.client.totalMuted]).toEqual([1, 1]);
  await laptop.client.setView(conv, { hidden: true, pinned: 0 });
  await until(() => expect(phone.client.totalUnread).toBe(0));

  // Away, a message ends the hiding, and the mark goes with the reading.
  await laptop.client.close();
  await ann.client.send({ conv }, "and again").sent;
  await until(() => expect(view(phone)).toEqual({ rev: 2, muted_until: for_ever }));
  phone.client.read(conv, 2);
  await until(() => expect(phone.client.totalUnread).toBe(0));
  await phone.client.setView(conv, { marked_unread: true });
  laptop = await signIn("bob", "laptop", storage);
  await until(() => expect(view(laptop)).toEqual({ rev: 3, muted_until: for_ever, marked_unread: 2 }));
  expect(laptop.client.totalUnread).toBe(1);
  laptop.client.read(conv, 2);
  await until(() => expect(phone.client.totalUnread).toBe(0));
  expect(view(ann)).toBeUndefined();
  await expect(phone.client.setView(999, { pinned: 1 })).rejects.toMatchObject({ code: "conversation_not_found" });
});

test("what one clears is gone on all of one's devices, and nowhere else", async () => {
  const ann = await signIn("ann", "phone");
  const storage = new MemoryStorage();
  const phone = await signIn("bob", "phone");
  let laptop = await signIn("bob", "laptop", storage);
  const { conv } = await ann.client.createGroup("clear", [phone.id]);
  for (const text of ["one", "two", "three"]) await ann.client.send({ conv }, text).sent;
  for (const person of [phone, laptop]) await until(() => expect(person.client.conversation(conv)).toMatchObject({ held: 4, unread: 3 }));
  await phone.client.setView(conv, { cleared: 3 });
  const seqs = async (person: Person) => (await person.client.cached(conv, { limit: 50 })).map(({ seq }) => seq);
  for (const person of [phone, laptop]) {
    await until(() => expect(person.client.conversation(conv)).toMatchObject({ unread: 1, since: 4, floor: 4 }));
    expect(await seqs(person)).toEqual([4]);
  }
  expect((await phone.client.history(conv, { before: 9 })).entries.map(({ seq }) => seq)).toEqual([4]);
  expect(await seqs(ann)).toEqual([1, 2, 3, 4]);
  await laptop.client.close();
  const kept = await storage.read("entries", { from: [conv, 0], to: [conv, 99] });
  expect(kept.map(({ key }) => key)).toEqual([[conv, 4]]);
  laptop = await signIn("bob", "laptop", storage);
  expect(laptop.client.conversation(conv)).toMatchObject({ unread: 1, since: 4 });
});

test("a draft goes on where it was left, and what is being written here stays", async () => {
  const [ann, phone, laptop] = [await signIn("ann", "phone"), await signIn("bob", "phone"), await signIn("bob", "laptop")];
  const { conv } = await ann.client.send({ to: phone.id }, "hello").sent;
  for (const person of [phone, laptop]) await until(() => expect(person.client.conversation(conv)?.held).toBeGreaterThan(0));
  const key = `conv:${conv}`;
  phone.client.setDraft(key, { text: "half a", replyTo: 1 });
  await until(() => expect(laptop.client.draft(key)).toEqual({ text: "half a", replyTo: 1 }));
  laptop.client.setDraft(key, { text: "half a sentence", replyTo: 1 });
  await until(() => expect(phone.client.draft(key).text).toBe("half a sentence"));

  // Both write: what the server takes last stays there, and neither loses what is in hand.
  phone.client.setDraft(key, { text: "phone" });
  laptop.client.setDraft(key, { text: "laptop" });
  const said = (person: Person) => person.client.conversation(conv)?.view?.draft?.text;
  await until(() => {
    expect(said(phone)).toBe(said(laptop));
    expect(["phone", "laptop"]).toContain(said(phone));
  });
  expect([phone.client.draft(key).text, laptop.client.draft(key).text]).toContain(said(phone));

  laptop.client.setDraft(key, { text: "" });
  await until(() => expect(said(phone)).toBeUndefined());
});
