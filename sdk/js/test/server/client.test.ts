/** A client against a real server: what it promises, through crashes and cut networks. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { HongyanError, LIMITS, login, whoAmI } from "../../src/index.ts";
import { FileStorage } from "../../src/storage/file.ts";
import { MemoryStorage } from "../../src/storage/memory.ts";
import { TABLES } from "../../src/storage/storage.ts";
import { PASSWORD, Person } from "./person.ts";
import { Network, Server } from "./server.ts";

const PATIENCE = { timeout: 20_000, interval: 20 };
const until = (condition: () => void | Promise<void>): Promise<void> => vi.waitFor(condition, PATIENCE);

let server: Server;
const people: Person[] = [];
let users = 0;

beforeAll(async () => {
  server = await Server.start();
}, 60_000);
afterAll(() => server.end());
afterEach(async () => {
  await Promise.all(people.splice(0).map(({ client }) => client.close()));
});

/** A new user, so that no test sees another's conversations. */
function newUser(): string {
  users += 1;
  return server.addUser(`user${users}`, `User ${users}`, PASSWORD);
}

async function signIn(name: string, options: Parameters<typeof Person.signIn>[2] = {}, url = server.url): Promise<Person> {
  const person = await Person.signIn(url, name, options);
  people.push(person);
  await until(() => expect(person.isCaughtUp).toBe(true));
  return person;
}

async function pair(): Promise<[Person, Person]> {
  return [await signIn(newUser()), await signIn(newUser())];
}

test("a message goes from sent to delivered to read, and unread counts follow", async () => {
  const [one, other] = await pair();
  const submission = one.client.send({ to: other.id }, "你好");
  expect(one.client.outgoing()).toMatchObject([{ clientId: submission.clientId, state: "waiting" }]);
  const sent = await submission.sent;
  await until(() => expect(other.texts).toEqual(["你好"]));
  await until(() => expect(one.client.outgoing()).toEqual([]));
  expect(one.sends.map(({ state }) => state)).toEqual(expect.arrayContaining(["waiting", "sending", "sent", "settled"]));
  await until(() => expect(other.client.conversation(sent.conv)).toMatchObject({ unread: 1, kind: "direct" }));
  expect(other.client.totalUnread).toBe(1);
  const theirs = () => one.client.conversation(sent.conv)?.members?.find(({ user }) => user === other.id);
  await until(() => expect(theirs()).toMatchObject({ read: 0, delivered: 1 }));
  other.client.read(sent.conv, sent.seq);
  expect(other.client.totalUnread).toBe(0);
  await until(() => expect(theirs()).toMatchObject({ read: 1, delivered: 1 }));
  expect(one.client.direct(other.id)?.conv).toBe(sent.conv);
  expect(one.client.profile(other.id)?.name).toMatch(/^User/);
});

test("a new name is told to who shares a conversation, and to one's own other devices", async () => {
  const name = newUser();
  const [one, own, other] = [await signIn(name), await signIn(name, { account: "another device" }), await signIn(newUser())];
  await one.client.send({ to: other.id }, "hello").sent;
  await until(() => expect(other.client.profile(one.id)?.name).toMatch(/^User/));
  await one.client.rename("Anna Weber");
  await until(() => expect(other.client.profile(one.id)?.name).toBe("Anna Weber"));
  await until(() => expect(own.client.me?.name).toBe("Anna Weber"));
});

test("what a message says of itself comes with its entry, to oneself as to others", async () => {
  const [one, other] = await pair();
  const header = { topic: "发布", expires_at: 1, origin: "ci" };
  const { conv } = await one.client.send({ to: other.id }, "Build 4411 failed.", { topic: "发布", expiresAt: 1, origin: "ci" }).sent;
  for (const { client } of [one, other]) await until(() => expect(client.conversation(conv)?.last).toMatchObject(header));
  expect((await other.client.history(conv, {})).entries[0]).toMatchObject(header);
  const long = { topic: "x".repeat(LIMITS.TOPIC_BYTES + 1) };
  expect(() => one.client.send({ conv }, "hello", long)).toThrow(expect.objectContaining({ code: "too_large" }));
  expect(() => one.client.send({ conv }, "hello", { origin: "" })).toThrow(expect.objectContaining({ code: "bad_request" }));
});

test("edits and recalls are applied to what is kept", async () => {
  const [one, other] = await pair();
  const { conv, seq } = await one.client.send({ to: other.id }, "at 8").sent;
  await one.client.edit(conv, seq, "at 9").sent;
  const second = await one.client.send({ conv }, "oops", { replyTo: seq }).sent;
  await one.client.recall(conv, second.seq).sent;
  for (const { client } of [one, other]) {
    await until(() => expect(client.conversation(conv)?.held).toBe(4));
    const kept = await client.cached(conv, { limit: 10 });
    expect(kept.map(({ kind, body }) => [kind, body?.text])).toEqual([
      ["message", "at 9"],
      ["edit", undefined],
      ["message", undefined],
      ["recall", undefined],
    ]);
    expect(kept[2]).toMatchObject({ recalled_by: 4, reply_to: seq });
  }
  expect(other.client.conversation(conv)).toMatchObject({ unread: 1, last: { seq: second.seq, recalled_by: 4 } });
});

test("what is sent while the server is down arrives once, in order, when it is back", async () => {
  const own = await Server.start();
  try {
    const [a, b] = ["ann", "bob"].map((name) => own.addUser(name, name, PASSWORD));
    const one = await signIn(a!, {}, own.url);
    const other = await signIn(b!, {}, own.url);
    await one.client.send({ to: other.id }, "before").sent;
    await own.stop("SIGKILL");
    await until(() => expect(one.client.connection.kind).not.toBe("online"));
    const texts = Array.from({ length: 20 }, (_, index) => `during ${index}`);
    const sent = texts.map((text) => one.client.send({ to: other.id }, text).sent);
    await own.run();
    await Promise.all(sent);
    await until(() => expect(other.texts).toEqual(["before", ...texts]));
    expect(other.entries.map(({ seq }) => seq)).toEqual(other.entries.map((_, index) => index + 1));
  } finally {
    await own.end();
  }
});

test("a message whose answer a cut network swallows is there once", async () => {
  const network = await Network.to(server.url);
  try {
    const [a, b] = [newUser(), newUser()];
    const one = await signIn(a, {}, network.url);
    const other = await signIn(b);
    for (let round = 0; round < 5; round += 1) {
      const sent = one.client.send({ to: other.id }, `round ${round}`).sent;
      network.cut();
      await until(() => expect(one.client.connection.kind).toBe("waiting"));
      network.mend();
      one.client.wake();
      await sent;
    }
    await until(() => expect(other.texts).toEqual([0, 1, 2, 3, 4].map((round) => `round ${round}`)));
  } finally {
    network.end();
  }
});

test("a silent network is noticed at once when there is a hint of it", async () => {
  const network = await Network.to(server.url);
  try {
    const one = await signIn(newUser(), {}, network.url);
    network.freeze();
    const began = Date.now();
    one.client.wake();
    const silent = expect.objectContaining({ kind: "waiting", reason: { kind: "silent" } });
    await until(() => expect(one.states).toContainEqual(silent));
    one.client.wake();
    await until(() => expect(one.isCaughtUp).toBe(true));
    // The heartbeat alone would take 35 s.
    expect(Date.now() - began).toBeLessThan(10_000);
  } finally {
    network.end();
  }
});

test("requests, entries and drafts outlive the program", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hongyan-state-"));
  try {
    const network = await Network.to(server.url);
    const [a, b] = [newUser(), newUser()];
    const other = await signIn(b);
    const first = await signIn(a, { storage: new FileStorage(directory) }, network.url);
    await first.client.send({ to: other.id }, "one").sent;
    await until(() => expect(first.client.direct(other.id)?.held).toBe(1));
    network.cut();
    await until(() => expect(first.client.connection.kind).not.toBe("online"));
    await first.client.send({ to: other.id }, "two").kept;
    first.client.setDraft("conv:1", { text: "three?", replyTo: 1, edit: { seq: 1, before: "one", text: "One" } });
    const id = other.id;
    await first.client.close();
    network.end();

    const second = await signIn(a, { storage: new FileStorage(directory) });
    expect(second.client.draft("conv:1")).toEqual({ text: "three?", replyTo: 1, edit: { seq: 1, before: "one", text: "One" } });
    await until(() => expect(other.texts).toEqual(["one", "two"]));
    const conv = second.client.direct(id)?.conv ?? 0;
    await until(() => expect(second.client.conversation(conv)?.held).toBe(2));
    // The first was told to the first program.
    expect(second.texts).toEqual(["two"]);
    expect((await second.client.cached(conv, { limit: 9 })).map(({ body }) => body?.text)).toEqual(["one", "two"]);
    expect(second.client.outgoing()).toEqual([]);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a refused request stays until it is discarded or sent again", async () => {
  const one = await signIn(newUser());
  const submission = one.client.send({ to: 987_654 }, "anybody?");
  await expect(submission.sent).rejects.toMatchObject({ code: "user_not_found", retryAfterMs: null });
  expect(one.client.outgoing()).toMatchObject([{ state: "failed", failure: { code: "user_not_found" } }]);
  await one.client.resend(submission.clientId);
  await until(() => expect(one.sends.filter(({ state }) => state === "failed")).toHaveLength(2));
  expect(await one.client.discard(submission.clientId)).toBe(true);
  expect(one.client.outgoing()).toEqual([]);
  expect(await one.client.discard(submission.clientId)).toBe(false);
});

test("a text that no server would take is refused at once", async () => {
  const one = await signIn(newUser());
  expect(() => one.client.send({ to: 1 }, "")).toThrow(HongyanError);
  expect(() => one.client.send({ to: 1 }, "好".repeat(LIMITS.TEXT_BYTES / 3 + 1))).toThrow("65538 bytes");
  const other = await signIn(newUser());
  await one.client.send({ to: other.id }, "a\0b\ud800c").sent;
  await until(() => expect(other.texts).toEqual(["ab\ufffdc"]));
});

test("a new device begins at the end of a long log and reads back on demand", async () => {
  const [a, b] = [newUser(), newUser()];
  const one = await signIn(a);
  const other = await signIn(b);
  const sent = Array.from({ length: 60 }, (_, index) => one.client.send({ to: other.id }, `${index + 1}`).sent);
  const conv = (await sent[0]!).conv;
  await Promise.all(sent);
  const device = await signIn(b, { account: "new device" });
  await until(() => expect(device.client.conversation(conv)).toMatchObject({ held: 60, floor: 51, unread: 60 }));
  // A page may hold less than was asked for.
  for (let before = 51; before > 31; ) {
    const page = await device.client.history(conv, { before, limit: before - 31 });
    expect(page).toMatchObject({ more: true, head: 60 });
    before = page.entries[0]!.seq;
  }
  await until(() => expect(device.client.conversation(conv)?.floor).toBe(31));
  const kept = await device.client.cached(conv, { limit: 100 });
  expect(kept.map(({ seq }) => seq)).toEqual(Array.from({ length: 30 }, (_, index) => index + 31));
  expect((await device.client.cached(conv, { before: 40, limit: 3 })).map(({ seq }) => seq)).toEqual([37, 38, 39]);
  expect((await device.client.cached(conv, { after: 40, limit: 2 })).map(({ seq }) => seq)).toEqual([41, 42]);
  const batches: number[] = [];
  for await (const batch of device.client.cachedEntries()) batches.push(...batch.map(({ seq }) => seq));
  expect(batches).toEqual(Array.from({ length: 30 }, (_, index) => 60 - index));
  // Reading above the floor settles all that is older.
  device.client.read(conv, 58);
  expect(device.client.totalUnread).toBe(2);
});

test("no more is kept than was asked for", async () => {
  const [a, b] = [newUser(), newUser()];
  const one = await signIn(a);
  const other = await signIn(b, { keepEntries: 20, storage: new MemoryStorage() });
  await Promise.all(Array.from({ length: 50 }, (_, index) => one.client.send({ to: other.id }, `${index}`).sent));
  const conv = one.client.direct(other.id)?.conv ?? 0;
  await until(() => expect(other.client.conversation(conv)?.held).toBe(50));
  const { floor } = other.client.conversation(conv)!;
  expect(50 - floor + 1).toBeLessThanOrEqual(22);
  await until(async () => expect((await other.client.cached(conv, { limit: 100 })).length).toBeGreaterThanOrEqual(20));
});

/** All that is kept, as text. */
async function everythingKept(storage: MemoryStorage): Promise<string> {
  const tables = await Promise.all(TABLES.map((table) => storage.read(table)));
  return JSON.stringify(tables);
}

for (const isConnected of [true, false]) {
  test(`a device that was signed out from elsewhere erases what it kept, ${isConnected ? "at once" : "when it comes back"}`, async () => {
    const name = newUser();
    const one = await signIn(name);
    const storage = new MemoryStorage();
    const network = await Network.to(server.url);
    const token = (await login({ server: server.url, login: name, password: PASSWORD, device: "lost" })).token!;
    let lost = await Person.open({ server: network.url, account: "lost", storage, token });
    await until(() => expect(lost.isCaughtUp).toBe(true));
    await lost.client.send({ to: 1000 }, "a letter to somebody").sent;
    await until(async () => expect(await everythingKept(storage)).toContain("a letter to somebody"));
    if (!isConnected) network.cut();
    const unsent = isConnected ? 0 : 1;
    if (!isConnected) await lost.client.send({ to: 1000 }, "not sent yet").kept;
    lost.client.setDraft("to:1000", { text: "a draft" });
    await until(async () => expect(await everythingKept(storage)).toContain("a draft"));
    if (!isConnected) await lost.client.close();

    const sessions = await one.client.sessions();
    await one.client.revoke(sessions.find(({ device }) => device === "lost")!.session);
    if (!isConnected) {
      network.mend();
      lost = await Person.open({ server: network.url, account: "lost", storage, token });
    }
    const reason = { kind: "signed_out", code: 4004, erased: { unsent } };
    await until(() => expect(lost.client.connection).toEqual({ kind: "stopped", reason }));
    lost.client.setDraft("to:1000", { text: "too late" });
    await lost.client.close();
    expect(await everythingKept(storage)).toBe(JSON.stringify(TABLES.map(() => [])));
    network.end();
  });
}

test("a device that signs in anew keeps what its earlier session kept", async () => {
  const name = newUser();
  const storage = new MemoryStorage();
  const signInAnew = () => Person.signIn(server.url, name, { account: "same", storage });
  const earlier = await signInAnew();
  await until(() => expect(earlier.isCaughtUp).toBe(true));
  await earlier.client.send({ to: 1000 }, "from the earlier session").sent;
  earlier.client.setDraft("to:1000", { text: "half a thought" });
  await until(async () => expect(await everythingKept(storage)).toContain("half a thought"));
  await login({ server: server.url, login: name, password: PASSWORD, device: "same" });
  const reason = { kind: "signed_out", code: 4001 };
  await until(() => expect(earlier.client.connection).toEqual({ kind: "stopped", reason }));
  await earlier.client.close();
  expect(await everythingKept(storage)).toContain("half a thought");
});

test("strangers who guess do not lock out a device that gives what its earlier sign-in gave", async () => {
  const name = newUser();
  const asked = { server: server.url, login: name, password: PASSWORD, device: "known" };
  const { device_secret: deviceSecret } = await login(asked);
  expect(deviceSecret).toMatch(/^hyd_/);
  const guess = () => login({ ...asked, password: "a guess" }).then(String, (problem: HongyanError) => problem.code);
  let answer = await guess();
  for (let guesses = 1; guesses < 30 && answer === "unauthenticated"; guesses += 1) answer = await guess();
  expect(answer).toBe("rate_limited");
  expect((await login({ ...asked, deviceSecret: deviceSecret! })).token).toMatch(/^hy_/);
});

test("people are found, and signing in is told apart from being unreachable", async () => {
  const one = await signIn(newUser());
  expect(await one.client.findUser("user1")).toMatchObject({ name: "User 1" });
  expect(await one.client.findUser("nobody")).toBeNull();
  expect((await one.client.users({ limit: 2 })).length).toBe(2);
  server.addUser("wxm", "王小明", PASSWORD);
  const found = await one.client.searchUsers("wang x");
  expect(found).toMatchObject({ users: [{ user: { name: "王小明" }, marks: [[0, 2]] }], more: false });
  expect(one.client.profile(found.users[0]!.user.id)?.name).toBe("王小明");
  expect(await one.client.searchUsers("user 1", { limit: 1 })).toMatchObject({ users: [{ user: { name: "User 1" }, marks: [[0, 4], [5, 6]] }] });
  expect((await one.client.searchUsers("nobody at all")).users).toEqual([]);
  const stop = new AbortController();
  const late = one.client.searchUsers("wang", { signal: stop.signal });
  stop.abort();
  await expect(late).rejects.toMatchObject({ code: "aborted" });
  await expect(one.client.searchUsers("x".repeat(513))).rejects.toMatchObject({ code: "too_large" });
  const wrong = login({ server: server.url, login: "user1", password: "wrong" });
  await expect(wrong).rejects.toMatchObject({ code: "unauthenticated" });
  await expect(whoAmI({ server: "http://127.0.0.1:9" })).rejects.toMatchObject({ code: "unreachable" });
  expect(await whoAmI({ server: server.url, token: "hy_no" })).toBeNull();
});
