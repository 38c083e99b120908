// A page with the faults of the course's, in a real Chromium: it comes to rest, and shows each message once.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { chromium } from "playwright-core";

import { Server } from "./server.js";

/** For anything to happen, on a busy machine. */
const PATIENCE = 60_000;

const REST = 10_000;

let browser;
let server;
let pages;

before(async () => {
  server = await Server.start();
  // Served from another port than its messages, as the course's page is.
  pages = createServer((request, response) => {
    const name = request.url.startsWith("/page.js") ? "page.js" : "index.html";
    const type = name === "page.js" ? "text/javascript" : "text/html";
    response.setHeader("content-type", `${type}; charset=utf-8`);
    response.end(readFileSync(new URL(`course/${name}`, import.meta.url)));
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  });
});

after(async () => {
  await browser?.close();
  pages?.close();
  await server?.end();
});

const host = () => new URL(server.url).host;

/** A tab in this browser window, signed in as 李四, not online yet. */
async function tab(window) {
  const page = await window.newPage();
  page.on("pageerror", () => {});
  await page.goto(`http://127.0.0.1:${pages.address().port}/?server=${host()}`);
  return page;
}

async function signIn(page, email = "lisi@gmail.com") {
  await page.evaluate((email) => library("POST", "/login", { email, password: "1234" }), email);
}

async function eventually(what, condition) {
  const deadline = Date.now() + PATIENCE;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `never happened: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const says = (page, status) =>
  eventually(`it says ${status}`, () => page.evaluate((status) => seen.status === status, status));

const timesShown = (page, text) =>
  page.evaluate((text) => seen.shown.filter((one) => one === text).length, text);

/** Until it has opened no socket for as long as this. */
async function rests(page, long = REST) {
  await eventually("it rests", () =>
    page.evaluate((long) => Date.now() - seen.connects.at(-1) > long, long),
  );
}

/** 张三 writes to 李四. */
async function writes(text) {
  const form = new URLSearchParams({ email: "zhangsan@gmail.com", password: "1234" });
  const signedIn = await fetch(`${server.url}/login`, { method: "POST", body: form });
  const cookie = signedIn.headers.get("set-cookie").split(";")[0];
  const message = { senderUid: 1000, recipientUid: 1001, content: text, msgType: 1 };
  const body = new URLSearchParams(message);
  const sent = await fetch(`${server.url}/sendMsg`, { method: "POST", body, headers: { cookie } });
  assert.equal(sent.status, 200);
}

async function showsOnce(page, text) {
  await eventually(`it shows ${text}`, async () => (await timesShown(page, text)) > 0);
  await page.waitForTimeout(1000);
  assert.equal(await timesShown(page, text), 1, text);
}

test("the page parses what its library hands over", async () => {
  const page = await tab(await browser.newContext());
  await signIn(page);
  const sent = await page.evaluate(() =>
    asked("POST", "/sendMsg", { senderUid: 1001, recipientUid: 1000, content: "一\n\"二\"", msgType: 1 }),
  );
  assert.equal(sent.content, "一\n\"二\"");
  for (const path of [
    "/queryMsg?ownerUid=1001&otherUid=1000",
    "/queryMsgSinceMid?ownerUid=1001&otherUid=1000&lastMid=0",
  ]) {
    const found = await page.evaluate((path) => asked("GET", path), path);
    assert.equal(found.at(-1).content, sent.content);
  }
  const contacts = await page.evaluate(() => asked("GET", "/queryContacts?ownerUid=1001"));
  assert.equal(contacts.contactInfoList[0].content, sent.content);
  const picture = await fetch(`${server.url}/images/${contacts.ownerAvatar}`);
  assert.equal(picture.headers.get("content-type"), "image/svg+xml");
  await page.context().close();
});

for (const [signal, outage] of [
  ["SIGTERM", 500],
  ["SIGKILL", 3000],
  // After some 15 s the page has all the sockets that a browser gives it. From then on each attempt fails at once and makes
  // two more, whatever the server does.
  ["SIGTERM", 8000],
]) {
  test(`${signal} and ${outage} ms without a server`, async () => {
    const page = await tab(await browser.newContext());
    await signIn(page);
    await page.evaluate(() => begin());
    await says(page, "online");
    await writes(`before ${signal} ${outage}`);
    await showsOnce(page, `before ${signal} ${outage}`);

    await server.stop(signal);
    await page.evaluate(() => (seen.status = null));
    await page.waitForTimeout(outage);
    await server.run();
    await says(page, "online");
    await rests(page);
    await writes(`after ${signal} ${outage}`);
    await showsOnce(page, `after ${signal} ${outage}`);
    assert.equal(await timesShown(page, `before ${signal} ${outage}`), 1);
    const connects = await page.evaluate(() => seen.connects.length);
    assert.ok(connects > 2, "its sockets have multiplied");
    await page.context().close();
  });
}

test("two tabs, and signing out in one", async () => {
  const window = await browser.newContext();
  const tabs = [await tab(window), await tab(window)];
  await signIn(tabs[0]);
  for (const page of tabs) {
    await page.evaluate(() => begin());
    await says(page, "online");
  }
  await writes("to both tabs");
  for (const page of tabs) await showsOnce(page, "to both tabs");

  const begun = Date.now();
  await tabs[0].evaluate(() => library("GET", "/logout"));
  for (const page of tabs) {
    await says(page, "not online");
    await rests(page, 3000);
    const connects = await page.evaluate((begun) => seen.connects.filter((at) => at > begun).length, begun);
    assert.equal(connects, 1);
  }
  await window.close();
});

test("a page of another site can sign nobody out by a link", async () => {
  const window = await browser.newContext();
  const page = await tab(window);
  await signIn(page);
  const elsewhere = await window.newPage();
  // Another name of the same machine: another site, which no cookie of the first belongs to.
  await elsewhere.goto(`http://localhost:${pages.address().port}/`);
  const [answer] = await Promise.all([
    elsewhere.waitForResponse((response) => response.url().endsWith("/logout")),
    elsewhere.evaluate((host) => (location.href = `http://${host}/logout`), host()),
  ]);
  assert.equal(answer.status(), 403);
  // Still signed in: else this throws.
  await page.evaluate(() => library("GET", "/queryContacts?ownerUid=1001"));
  await window.close();
});
