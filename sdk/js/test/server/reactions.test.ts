/** Reactions against a real server: what two people see, live, after a restart and without a connection. */
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

async function signIn(name: string, options: Parameters<typeof Person.signIn>[2] = {}): Promise<Person> {
  const person = await Person.signIn(server.url, name, options);
  people.push(person);
  await until(() => expect(person.isCaughtUp).toBe(true));
  return person;
}

test("reactions are set, told, kept, and caught up with", async () => {
  const storage = new MemoryStorage();
  const ann = await signIn("ann");
  let bob = await signIn("bob", { storage });
  const { conv } = await ann.client.send({ to: bob.id }, "早上好").sent;
  await ann.client.send({ conv }, "again").sent;
  await until(() => expect(bob.client.conversation(conv)?.held).toBe(2));
  const seen = (person: Person) => person.client.reactions(conv, { from: 1, to: 2 });
  const both = { value: "👍", count: 2 };
  ann.client.watch(conv);
  bob.client.watch(conv);

  await bob.client.react(conv, 1, "👍");
  await until(async () => expect(await seen(ann)).toMatchObject([{ seq: 1, reactions: [{ value: "👍", count: 1 }] }]));
  expect((await seen(ann))[0]?.reactions[0]?.mine).toBeUndefined();
  await ann.client.react(conv, 1, "👍");
  for (const person of [ann, bob]) {
    await until(async () => expect(await seen(person)).toEqual([{ seq: 1, number: 2, reactions: [{ ...both, mine: true }] }]));
  }
  expect((await ann.client.reactors(conv, 1, "👍")).users.map(({ id }) => id)).toEqual([ann.id, bob.id]);
  await expect(bob.client.react(conv, 1, "no emoji")).rejects.toMatchObject({ code: "bad_request" });

  // Away, and back with what is kept: what changed meanwhile comes when the conversation is looked at.
  await bob.client.close();
  await ann.client.react(conv, 1, "👍", false);
  await ann.client.react(conv, 2, "🎉");
  bob = await signIn("bob", { storage });
  expect(await seen(bob)).toEqual([{ seq: 1, number: 2, reactions: [{ ...both, mine: true }] }]);
  bob.client.watch(conv);
  const after = [
    { seq: 1, number: 3, reactions: [{ value: "👍", count: 1, mine: true }] },
    { seq: 2, number: 4, reactions: [{ value: "🎉", count: 1 }] },
  ];
  await until(async () => expect(await seen(bob)).toEqual(after));

  // A recall takes them along.
  await ann.client.recall(conv, 2).sent;
  await until(async () => expect(await seen(bob)).toEqual(after.slice(0, 1)));
});
