// Small screens, both languages, both themes, and what hostile people write.

import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

test("on a phone the list and the conversation take turns", async ({ server, signedIn }) => {
  const script = await Script.signIn(server, LI);
  await script.send((await Script.signIn(server, ZHANG)).id, "Hello from a desk");
  const zhang = await signedIn(ZHANG, PHONE);
  await expect(zhang.row(LI.name)).toBeVisible();
  await zhang.row(LI.name).tap();
  await zhang.sees("Hello from a desk");
  await expect(zhang.list).toBeHidden();
  await zhang.layoutHolds();
  // Enter is a new line here, as on every phone; the button sends.
  await zhang.composer.fill("from the train");
  await zhang.composer.press("Enter");
  await expect(zhang.composer).toHaveValue("from the train\n");
  await zhang.page.getByRole("button", { name: zhang.w.send, exact: true }).tap();
  await zhang.seesState("from the train", "sent");
  await zhang.page.goBack();
  await expect(zhang.list).toBeVisible();
  await expect(zhang.composer).toBeHidden();
  const small = await zhang.page.getByRole("button").evaluateAll((all) =>
    all
      .filter((one) => one.checkVisibility())
      .map((one) => ({ name: one.getAttribute("aria-label") ?? one.textContent, box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.width < 40 || box.height < 40))
      .map(({ name, box }) => `${name}: ${box.width} × ${box.height}`),
  );
  expect(small, "buttons are large enough for a thumb").toEqual([]);
});

test("speaks Chinese to who speaks Chinese, and changes at once", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG, { locale: "zh-CN" });
  await expect(zhang.page.locator("html")).toHaveAttribute("lang", /^zh/);
  await zhang.open(LI.name);
  await zhang.say("晚上一起吃饭吗？");
  await zhang.seesState("晚上一起吃饭吗？", "sent");
  await zhang.page.goto(`${zhang.url}/#/settings`);
  await zhang.page.getByRole("radio", { name: "English" }).or(zhang.page.getByRole("combobox", { name: "语言" })).first().waitFor();
  const choice = zhang.page.getByRole("radio", { name: "English" });
  if ((await choice.count()) > 0) await choice.check({ force: true });
  else await zhang.page.getByRole("combobox", { name: "语言" }).selectOption("en");
  await expect(zhang.page.getByRole("navigation", { name: "Conversations" })).toBeVisible();
  await expect(zhang.page.locator("html")).toHaveAttribute("lang", "en");
});

test("is dark where the system is dark", async ({ signedIn }) => {
  const brightness = (page: typeof zhang.page) =>
    page.evaluate(() => {
      const canvas = document.createElement("canvas").getContext("2d")!;
      for (const element of [document.documentElement, document.body]) {
        canvas.fillStyle = getComputedStyle(element).backgroundColor;
        canvas.fillRect(0, 0, 1, 1);
      }
      const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
      return (red + green + blue) / 3;
    });
  const zhang = await signedIn(ZHANG, { colorScheme: "dark" });
  expect(await brightness(zhang.page)).toBeLessThan(80);
  await zhang.page.emulateMedia({ colorScheme: "light" });
  await expect.poll(() => brightness(zhang.page)).toBeGreaterThan(200);
});

const LONG = 65_536;
const HOSTILE: Record<string, string> = {
  "64 KB without a break": "x".repeat(LONG),
  "64 KB of Chinese": "长".repeat(Math.floor(LONG / 3)),
  "64 KB of one markdown sign": "*".repeat(LONG),
  "nested markdown": "[".repeat(5000) + "> ".repeat(5000),
  "combining characters only": "\u0301\u0489\u0e31".repeat(2000),
  "letters under towers": "H\u0336\u0301\u0489".padEnd(900, "\u0301"),
  "right to left, and an override": "\u202eevil\u202d שלום \u2067abc",
  "10,000 emoji": "😀".repeat(10_000) + "👨‍👩‍👧‍👦".repeat(1000),
  "HTML and script": `<img src=x onerror="alert(1)"><script>alert(2)</script><svg onload=alert(3)>`,
  "a link to a script": "[click](javascript:alert(1)) javascript:alert(1) <a href='javascript:alert(1)'>x</a>",
  "a thousand lines": "line\n".repeat(1000),
  "nothing to see": "\u200b\u200d\ufeff\u2060",
};

test("what hostile people write is shown as text, and the page holds", async ({ server, signedIn }) => {
  test.slow();
  // What would turn the direction of text the server refuses in names.
  const name = "<b>Wáng</b>\u0301\u0301\u0301\u0301 " + "W".repeat(60);
  const wang = await Script.signIn(server, WANG);
  await wang.rename(name);
  const { id } = await Script.signIn(server, ZHANG);
  const zhang = await signedIn(ZHANG);
  const phone = await signedIn(ZHANG, PHONE);
  for (const [what, text] of Object.entries(HOSTILE)) {
    await test.step(what, async () => {
      await wang.send(id, text);
      await wang.send(id, `after ${what}`);
      for (const person of [zhang, phone]) {
        await person.page.goto(`${person.url}/#/c/1`);
        await person.sees(`after ${what}`);
        await person.layoutHolds();
      }
    });
  }
  await expect(zhang.log.locator("img, script, iframe, a[href^='javascript']")).toHaveCount(0);
  for (const person of [zhang, phone]) {
    await person.page.goto(`${person.url}/#/`);
    await expect(person.list).toBeVisible();
    const overflow = await person.list.evaluate((list) => list.scrollWidth - list.clientWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  }
});

test("a message of more than the server takes is refused where it is written", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  const text = "长".repeat(30_000);
  await zhang.composer.fill(text);
  await zhang.composer.press("Enter");
  await expect(zhang.page.getByRole("main")).toContainText(/too long|65,?536|long by/i);
  expect((await zhang.composer.inputValue()).length, "nothing of it is lost").toBe(text.length);
});
