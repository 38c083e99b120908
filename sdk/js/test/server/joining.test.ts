/** Ways into groups against a real server: links, and requests to be let in. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { Person, PASSWORD } from "./person.ts";
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

async function signIn(name: string): Promise<Person> {
  const person = await Person.signIn(server.url, name);
  people.push(person);
  await until(() => expect(person.isCaughtUp).toBe(true));
  return person;
}

test("who has a link comes in, and who asks is let in or declined", async () => {
  const [ann, bob, cid] = [await signIn("ann"), await signIn("bob"), await signIn("cid")];
  const { conv } = await ann.client.createGroup("open");
  await until(() => expect(ann.client.conversation(conv)?.size).toBe(1));
  const link = await ann.client.makeLink(conv, { name: "class of April", uses: 1 });
  expect(await bob.client.look({ token: link.token })).toMatchObject({ conv, name: "open", size: 1, state: "outside" });
  expect(await bob.client.join({ token: link.token })).toEqual({ conv, state: "member" });
  for (const { client } of [ann, bob]) await until(() => expect(client.conversation(conv)).toMatchObject({ size: 2, group: { name: "open" } }));
  expect(new Set(bob.client.conversation(conv)?.members?.map(({ user }) => user))).toEqual(new Set([ann.id, bob.id]));
  await expect(cid.client.join({ token: link.token })).rejects.toEqual(code("dead_link"));
  expect(await ann.client.links(conv)).toMatchObject({ links: [{ token: link.token, used: 1, works: false }], users: [{ id: ann.id }] });
  expect((await ann.client.joiners(conv, link.link)).joiners).toMatchObject([{ user: bob.id }]);
  await ann.client.revokeLink(conv, link.link);
  expect((await ann.client.links(conv)).links).toEqual([]);

  const heard: string[] = [];
  const counts: number[] = [];
  cid.client.on("asked", ({ state }) => heard.push(state));
  ann.client.on("requests", ({ count }) => counts.push(count));
  await ann.client.setGroup(conv, { ask: true });
  await until(() => expect(bob.client.conversation(conv)?.group?.ask).toBe(true));
  const asks = await ann.client.makeLink(conv, { approval: true });
  expect(await cid.client.join({ token: asks.token })).toEqual({ conv, state: "waiting" });
  expect((await ann.client.joinRequests(conv)).requests).toMatchObject([{ user: cid.id, link: asks.link }]);
  await cid.client.decline(conv, cid.id);
  await cid.client.join({ conv });
  await until(() => expect([heard, counts]).toEqual([["waiting", "ended", "waiting"], [1, 0, 1]]));
  expect(await cid.client.ownRequests()).toMatchObject([{ conv, state: "waiting", name: "open" }]);
  await ann.client.approve(conv, cid.id);
  for (const { client } of [ann, bob, cid]) await until(() => expect(client.conversation(conv)?.size).toBe(3));
  await expect(ann.client.decline(conv, cid.id)).rejects.toEqual(code("request_not_found"));
});
