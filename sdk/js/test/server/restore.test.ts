/** A backup is put back while clients go on: they see what the server has, and what they had sent comes again. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Client, Entry } from "../../src/index.ts";
import { FileStorage } from "../../src/storage/file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { PASSWORD, Person } from "./person.ts";
import { Server } from "./server.ts";

const until = (condition: () => void | Promise<void>): Promise<void> => vi.waitFor(condition, { timeout: 30_000, interval: 50 });

let server: Server;
let folder: string;

beforeAll(async () => {
  server = await Server.start();
  folder = mkdtempSync(join(tmpdir(), "hongyan-restore-"));
}, 60_000);
afterAll(async () => {
  await server.end();
  rmSync(folder, { recursive: true });
});

/** What a client has of a conversation, as it stands. */
async function texts(client: Client, conv: number): Promise<string[]> {
  const entries: Entry[] = await client.cached(conv, { limit: 100 });
  return entries.flatMap(({ kind, body }) => (kind === "message" && body?.text !== undefined ? [body.text] : []));
}

test("after a restore clients show what there is, and what they had sent comes again once", async () => {
  const [one, other] = ["ann", "bob"].map((name) => server.addUser(name, name, PASSWORD)) as [string, string];
  const ann = await Person.signIn(server.url, one, { storage: new FileStorage(join(folder, "ann")), account: "ann" });
  const away = { storage: new FileStorage(join(folder, "bob")), account: "bob" };
  const bob = await Person.signIn(server.url, other, away);
  await until(() => expect(ann.isCaughtUp && bob.isCaughtUp).toBe(true));
  const { id } = bob;
  const { conv } = await ann.client.send({ to: id }, "kept").sent;
  const edited = await ann.client.send({ conv }, "kept too").sent;
  const recalled = await ann.client.send({ conv }, "kept, and recalled later").sent;
  await until(() => expect(bob.texts.length).toBe(3));
  server.backup(join(folder, "backup.db"));

  await ann.client.send({ conv }, "not in the backup").sent;
  await ann.client.edit(conv, edited.seq, "edited").sent;
  await ann.client.recall(conv, recalled.seq).sent;
  await until(() => expect(bob.client.conversation(conv)?.held).toBe(6));
  let resets = 0;
  ann.client.on("reset", () => (resets += 1));
  // This one is not running meanwhile.
  await bob.client.close();
  await server.stop();
  server.restore(join(folder, "backup.db"));
  await server.run();

  const expected = ["kept", "edited", "not in the backup"];
  await until(() => expect(resets).toBe(1));
  await until(async () => expect(await texts(ann.client, conv)).toEqual(expected));
  const again = await Person.signIn(server.url, other, { ...away, storage: new FileStorage(join(folder, "bob")) });
  await until(async () => expect(await texts(again.client, conv)).toEqual(expected));
  await ann.client.send({ conv }, "goes on").sent;
  await until(async () => expect(await texts(again.client, conv)).toEqual([...expected, "goes on"]));
  const fresh = await Person.signIn(server.url, other, { storage: new MemoryStorage(), account: "fresh" });
  await until(async () => expect(await texts(fresh.client, conv)).toEqual([...expected, "goes on"]));
  await Promise.all([ann, again, fresh].map(({ client }) => client.close()));
}, 120_000);

test("what is sent again replies to what it replied to, where that is still there, and to nothing else", async () => {
  const [one, other] = ["eve", "fay"].map((name) => server.addUser(name, name, PASSWORD)) as [string, string];
  const eve = await Person.signIn(server.url, one, { storage: new MemoryStorage(), account: "eve" });
  const fay = await Person.signIn(server.url, other, { storage: new MemoryStorage(), account: "fay" });
  await until(() => expect(eve.isCaughtUp && fay.isCaughtUp).toBe(true));
  const { conv, seq: question } = await fay.client.send({ to: eve.id }, "a question").sent;
  await until(() => expect(eve.client.conversation(conv)?.held).toBe(1));
  server.backup(join(folder, "replies.db"));
  const { seq: answer } = await eve.client.send({ conv }, "an answer", { replyTo: question }).sent;
  await eve.client.send({ conv }, "more of it", { replyTo: answer }).sent;
  await until(() => expect(fay.client.conversation(conv)?.held).toBe(3));
  await fay.client.send({ conv }, "thanks", { replyTo: answer }).sent;
  const resets: string[] = [];
  eve.client.on("reset", () => resets.push("eve"));
  fay.client.on("reset", () => resets.push("fay"));
  await server.stop();
  server.restore(join(folder, "replies.db"));
  await server.run();

  await until(() => expect(resets.sort()).toEqual(["eve", "fay"]));
  await until(async () => expect((await texts(fay.client, conv)).sort()).toEqual(["a question", "an answer", "more of it", "thanks"]));
  const entries = await fay.client.cached(conv, { limit: 100 });
  const named = (text: string) => entries.find(({ body }) => body?.text === text);
  expect(named("an answer")?.reply_to).toBe(question);
  expect(named("more of it")?.reply_to).toBe(named("an answer")?.seq);
  // It answered a message that was gone then; another one may have its place.
  expect(named("thanks")?.reply_to).toBeUndefined();
  await Promise.all([eve, fay].map(({ client }) => client.close()));
}, 120_000);
