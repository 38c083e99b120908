// Two people on the page at /classic, in a real Chromium.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, afterEach, before, test } from "node:test";

import { chromium } from "playwright-core";

import { Network, Server } from "./server.js";

const ZHANG = "zhangsan@gmail.com";
const LI = "lisi@gmail.com";

const PHONE = { width: 390, height: 844 };

let browser;
let server;
let windows = [];
let complaints = [];

before(async () => {
  server = await Server.start();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
});

after(async () => {
  await browser?.close();
  await server?.end();
});

afterEach(async () => {
  for (const window of windows.splice(0)) await window.close();
  assert.deepEqual(complaints.splice(0), [], "the browser had nothing to complain of");
});

/** A window of somebody's own: cookies and storage are shared with nobody. */
async function window(options = {}) {
  const own = await browser.newContext({ locale: "zh-CN", ...options });
  windows.push(own);
  const page = await own.newPage();
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("console", (message) => {
    if (message.text().includes("Content Security Policy")) complaints.push(message.text());
  });
  return page;
}

async function signIn(page, email, { password = "1234", url = server.url } = {}) {
  await page.goto(`${url}/classic`);
  await page.fill("[name=email]", email);
  await page.fill("[name=password]", password);
  await page.click("#login-form >> text=登录");
}

async function online(email, options) {
  const page = await window(options);
  await signIn(page, email, options);
  await says(page, "#status", "上线成功");
  return page;
}

/** Waits until the element's text is this. */
async function says(page, selector, text) {
  const found = page.locator(selector);
  const deadline = Date.now() + 20_000;
  for (;;) {
    const is = await found.first().textContent({ timeout: 20_000 });
    const matches = text instanceof RegExp ? text.test(is) : is === text;
    if (matches) return;
    assert.ok(Date.now() < deadline, `${selector} says ${is}, not ${text}`);
    await page.waitForTimeout(20);
  }
}

async function talkTo(page, name) {
  await page.click("text=所有联系人");
  await page.locator("#all .person", { hasText: name }).click();
}

async function say(page, text) {
  await page.fill("#text", text);
  await page.press("#text", "Enter");
}

const texts = (page) => page.locator("#messages .bubble").allTextContents();

/** Waits until the conversation ends with this text. */
async function shows(page, text) {
  await says(page, "#messages li:last-child .bubble", text);
}

async function noSidewaysScroll(page) {
  const [content, view] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  assert.ok(content <= view, `${content} pixels in a window of ${view}`);
}

/** With SHOTS=folder, keeps what the window looks like. */
async function shoot(page, name) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` });
}

test("two people talk, and unread numbers come and go", async () => {
  const zhang = await online(ZHANG);
  const li = await online(LI);
  await talkTo(zhang, "李四");
  await say(zhang, "你好,\n李四 \"👋\"");
  await shows(zhang, "你好,\n李四 \"👋\"");

  // Li has no conversation open: a number shows, and goes when the conversation is opened.
  await says(li, "#total", "1");
  await says(li, "#recent .person .badge", "1");
  assert.match(await li.title(), /^\(1\)/);
  await li.click("#recent .person");
  await shows(li, "你好,\n李四 \"👋\"");
  await li.waitForSelector("#total", { state: "hidden" });

  await say(li, "你好!");
  await shows(zhang, "你好!");
  await say(zhang, "open on both sides");
  await shows(li, "open on both sides");
  await says(li, "#recent .person .last", "open on both sides");
  assert.equal(await li.locator("#recent .badge").count(), 0, "who looks at it has read it");
  assert.deepEqual(await texts(li), await texts(zhang));
  await shoot(zhang, "desktop");
});

test("people have their pictures, and a letter where there is none", async () => {
  server.addUser("nell", "Nell", "a long password");
  const zhang = await online(ZHANG);
  await zhang.waitForSelector("#own-avatar img");
  await zhang.click("text=所有联系人");
  await zhang.locator("#all .person", { hasText: "李四" }).locator(".avatar img").waitFor();
  const nell = zhang.locator("#all .person", { hasText: "Nell" }).locator(".avatar");
  assert.equal(await nell.textContent(), "N");
  assert.equal(await nell.locator("img").count(), 0);
});

test("a wrong password is told, and a reload stays signed in", async () => {
  const page = await window();
  await signIn(page, ZHANG, { password: "wrong" });
  await says(page, "#login-error", "邮箱或密码不对");
  await shoot(page, "login");
  await signIn(page, ZHANG);
  await says(page, "#status", "上线成功");
  await page.reload();
  await says(page, "#own-name", "张三");
  await page.click("#sign-out");
  await page.waitForSelector("#login-form");
});

test("what strangers write is text and nothing else", async () => {
  const markup = `<img src=x onerror="alert(1)"><script>alert(2)</script>&amp;`;
  server.addUser("eve", markup.slice(0, 30), "a long password");
  const eve = await online("eve", { password: "a long password" });
  const zhang = await online(ZHANG);
  await talkTo(eve, "张三");
  await say(eve, markup);
  await says(zhang, "#recent .person:has-text('onerror') .last", markup);
  await zhang.locator("#recent .person", { hasText: "onerror" }).click();
  await shows(zhang, markup);
  assert.equal(await zhang.locator("#app img:not([src^='/images/']), #app script").count(), 0);
});

test("the server restarts: it shows, and everything goes on", async () => {
  const zhang = await online(ZHANG);
  const li = await online(LI);
  await talkTo(zhang, "李四");
  await talkTo(li, "张三");
  await say(zhang, "before");
  await shows(li, "before");
  await server.stop("SIGKILL");
  await says(zhang, "#status", /^失去连接/);
  await says(li, "#status", /^失去连接/);
  await shoot(zhang, "lost");

  // Nobody knows whether what is sent now arrives: it is the person's to send it again.
  await say(zhang, "into the void");
  await says(zhang, ".draft .state", /不知道送到没有/);
  await server.run();
  await says(zhang, "#status", "重新上线");
  await says(li, "#status", "重新上线");
  await zhang.click(".draft >> text=重发");
  await shows(li, "into the void");
  assert.deepEqual((await texts(li)).slice(-2), ["before", "into the void"]);
});

test("what came while away is there, once", async () => {
  const zhang = await online(ZHANG);
  await talkTo(zhang, "李四");
  for (const text of ["away 1", "away 2", "away 3"]) {
    await say(zhang, text);
    await shows(zhang, text);
  }
  const li = await online(LI);
  await says(li, "#total", "3");
  await li.locator("#recent .person", { hasText: "张三" }).click();
  await shows(li, "away 3");
  await li.waitForSelector("#total", { state: "hidden" });
  assert.deepEqual((await texts(li)).slice(-3), ["away 1", "away 2", "away 3"]);
});

test("a network that swallows everything is noticed by the heartbeat", async () => {
  const network = await Network.to(server.url, connect);
  try {
    const page = await window();
    await page.clock.install();
    await signIn(page, ZHANG, { url: network.url });
    await says(page, "#status", "上线成功");
    // Quiet, but alive: the heartbeat is answered, and the connection stays.
    await page.clock.fastForward(25_000);
    await page.waitForTimeout(300);
    await page.clock.fastForward(10_000);
    await page.waitForTimeout(300);
    await says(page, "#status", "上线成功");

    network.freeze();
    // The interval has grown to 31.25 s by now; then come the 10 s in which an answer is due.
    await page.clock.fastForward(32_000);
    await says(page, "#status", "上线成功");
    await page.clock.fastForward(10_000);
    await says(page, "#status", /^失去连接/);
    network.thaw();
    await page.clock.resume();
    await says(page, "#status", "重新上线");
  } finally {
    network.end();
  }
});

test("it fits a phone, and speaks English", async () => {
  const page = await online(ZHANG, { viewport: PHONE });
  await says(page, "#recent .person .name", "李四");
  await noSidewaysScroll(page);
  await shoot(page, "phone-list");
  await talkTo(page, "李四");
  await say(page, `${"长".repeat(60)} https://example.com/${"x".repeat(120)}`);
  await shows(page, /长+ https/);
  await noSidewaysScroll(page);
  assert.ok(await page.locator("#text").isVisible());
  await shoot(page, "phone-talk");
  await page.click("#back");
  await page.locator("#app .language").click();
  await says(page, "#tab-all", "Everybody");
  await says(page, "#status", "Online");
  await page.reload();
  await says(page, "#status", "Online");
  assert.equal(await page.getAttribute("html", "lang"), "en");
});
