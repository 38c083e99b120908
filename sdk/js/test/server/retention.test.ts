/** What is not kept, against a real server: a device that is there drops it, and one that was away. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { PASSWORD, Person } from "./person.ts";
import { Server } from "./server.ts";

const until = (condition: () => void | Promise<void>): Promise<void> => vi.waitFor(condition, { timeout: 20_000, interval: 20 });

let server: Server;
const people: Person[] = [];

beforeAll(async () => {
  server = await Server.start({ HONGYAN_RETENTION__LOOK_EVERY_SECONDS: "1" });
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

test("what a group does not keep goes from devices that are there, and from one that was away", async () => {
  const ann = await signIn("ann");
  const storage = new MemoryStorage();
  const away = await signIn("bob", { storage });
  const { conv } = await ann.client.createGroup("autumn", [away.id]);
  for (const text of ["one", "two", "three"]) await ann.client.send({ conv }, text).sent;
  await until(() => expect(away.texts).toEqual(["one", "two", "three"]));
  await away.client.close();
  people.splice(people.indexOf(away), 1);

  await ann.client.setGroup(conv, { keep_entries: 2 });
  // Made, three messages, and the setting.
  const gone = { gone: 3, since: 4, group: { keep_entries: 2 } };
  await until(() => expect(ann.client.conversation(conv)).toMatchObject(gone));
  const texts = async (of: Person): Promise<unknown[]> => (await of.client.cached(conv, { limit: 100 })).map(({ body }) => body?.text);
  expect(await texts(ann)).toEqual(["three", undefined]);

  const back = await signIn("bob", { storage });
  await until(() => expect(back.client.conversation(conv)).toMatchObject({ ...gone, unread: 1 }));
  expect(await texts(back)).toEqual(["three", undefined]);
  await ann.client.setGroup(conv, { keep_entries: 0 });
  await until(() => expect(back.client.conversation(conv)?.group?.keep_entries).toBeUndefined());
});
