// Somebody looks for a colleague, among thousands.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { faults } from "../harness/axe.ts";
import { addCrowd } from "../harness/crowd.ts";
import { expect, LI, test as base, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";
import { Server } from "../harness/server.ts";
import type { User } from "../harness/server.ts";

const CROWD = 3000;
const FIRST = ["Alice", "Boris", "Carla", "Dmitri", "伟", "Émile"];

const test = base.extend<object, { crowd: string }>({
  crowd: [
    async ({ users }, use) => {
      const folder = mkdtempSync(join(tmpdir(), "hongyan-e2e-crowd-"));
      cpSync(users, folder, { recursive: true });
      const crowd: User[] = Array.from({ length: CROWD }, (_, at) => ({ login: `u${at}@a.example`, name: `${FIRST[at % FIRST.length]} Nr${at}` }));
      addCrowd(folder, [{ login: "jo@a.example", name: "Johanna First" }, ...crowd, { login: "weber@a.example", name: "Ann Weber" }, { login: "xm@a.example", name: "王小明" }]);
      await use(folder);
      rmSync(folder, { recursive: true });
    },
    { scope: "worker" },
  ],
  server: async ({ crowd }, use) => {
    const server = await Server.start(crowd);
    await use(server);
    await server.end();
  },
});

test("Ctrl+K jumps to anybody, by name, pinyin or initials", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const { page } = zhang;
  const dialog = page.getByRole("dialog", { name: "Jump to" });
  for (const [typed, name, marked] of [
    ["wxm", "王小明", "王小明"],
    ["wang x", "王小明", "王小"],
    ["xiaoming", "王小明", "小明"],
    ["weber ann", "Ann Weber", "AnnWeber"],
    ["dmitri nr2997", "Dmitri Nr2997", "Dmitri Nr2997"],
    ["emile nr5", "Émile Nr5", "ÉmileNr5"],
  ] as const) {
    await page.keyboard.press("ControlOrMeta+K");
    await dialog.getByRole("combobox").fill(typed);
    const option = dialog.getByRole("option", { name }).first();
    await expect(option).toBeVisible();
    expect((await option.locator("b").allInnerTexts()).join("").replace(/\s/g, ""), typed).toBe(marked.replace(/\s/g, ""));
    await page.keyboard.press("Enter");
    await expect(zhang.heading(name)).toBeVisible();
  }
  await page.keyboard.press("ControlOrMeta+K");
  await dialog.getByRole("combobox").fill("nr29");
  await expect(dialog.getByRole("status")).toHaveText(/There are more/);
  await dialog.getByRole("combobox").fill("nobody at all");
  await expect(dialog.getByRole("status")).toHaveText(/Nobody/);
});

test("the search box and a new conversation find colleagues one never wrote to", async ({ signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const { page } = zhang;
  const search = zhang.list.getByRole("searchbox");
  await search.fill("weber");
  await zhang.list.getByRole("link", { name: "Ann Weber" }).click();
  await expect(zhang.heading("Ann Weber")).toBeVisible();
  await search.fill("wangxiaoming");
  await expect(zhang.list.getByRole("link", { name: "王小明" })).toBeVisible();
  await search.fill("");

  await zhang.openNew("Carla Nr2996");
  await expect(zhang.heading("Carla Nr2996")).toBeVisible();
  await zhang.list.getByRole("button", { name: zhang.w.newConversation }).first().click();
  const dialog = page.getByRole("dialog", { name: zhang.w.newConversation });
  // A login name finds its owner when it is whole, and tells nothing before.
  await dialog.getByRole("combobox").fill("weber@a.exampl");
  await expect(dialog.getByRole("status")).toHaveText(/Nobody/);
  await dialog.getByRole("combobox").fill("Weber@A.example");
  await expect(dialog.getByRole("option", { name: "Ann Weber" })).toBeVisible();
});

test("the choice stays on whom it is on when the server finds others", async ({ network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  const { page } = zhang;
  await zhang.open("Johanna First");
  network.delay(1000);
  await page.keyboard.press("ControlOrMeta+K");
  const dialog = page.getByRole("dialog", { name: "Jump to" });
  const options = dialog.getByRole("option");
  // Within a word of the name that is known here; whom the server finds by a whole word comes before.
  await dialog.getByRole("combobox").fill("ann");
  await dialog.getByRole("combobox").press("ArrowDown");
  await expect(options).toHaveText([/Johanna/]);
  await expect(options).toHaveText([/Ann Weber/, /Johanna/]);
  await expect(dialog.getByRole("option", { selected: true })).toHaveText(/Johanna/);
  network.delay(0);
});

test("without a connection those who are known are found, and it says so", async ({ network, signedIn }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  const { page } = zhang;
  await zhang.open(LI.name);
  network.cut();
  await expect(zhang.banner).toBeVisible();
  await page.keyboard.press("ControlOrMeta+K");
  const dialog = page.getByRole("dialog", { name: "Jump to" });
  await dialog.getByRole("combobox").fill("li");
  await expect(dialog.getByRole("option", { name: LI.name })).toBeVisible();
  await expect(dialog.getByRole("status")).toHaveText(/only people known on this device/);
  await dialog.getByRole("combobox").fill("wxm");
  await expect(dialog.getByRole("status")).toHaveText(/only people known on this device/);
  network.restore();
  await expect(dialog.getByRole("option", { name: "王小明" })).toBeVisible();
});

test("a new name shows in every open page, without a reload and without asking", async ({ server, signedIn }) => {
  const own = await Script.signIn(server, LI);
  const zhang = await signedIn(ZHANG);
  await own.send((await Script.signIn(server, ZHANG)).id, "hello");
  await zhang.open(LI.name);
  await own.rename("李思");
  // Far sooner than the page would ask by itself.
  await expect(zhang.heading("李思")).toBeVisible();
  await expect(zhang.row("李思")).toBeVisible();
  await expect(zhang.row(LI.name)).toHaveCount(0);
});

test("@ offers people by name, pinyin and initials, and who was chosen is mentioned", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  const { composer, page } = zhang;
  const offered = page.getByRole("listbox", { name: "Mention somebody" }).getByRole("option");
  for (const [typed, name] of [["@xm", "王小明"], ["看@wangxiaom", "王小明"], ["(@web", "Ann Weber"], ["@ls", LI.name]] as const) {
    await composer.fill(typed);
    await expect(offered.filter({ hasText: name })).toBeVisible();
  }
  // An at sign alone, an address and words behind a name go out as they were typed.
  for (const typed of ["at 5 @", "me@weber.example", "@Ann Web"]) {
    await composer.fill(typed);
    if (typed !== "me@weber.example") await expect(offered.first()).toBeVisible();
    else await expect(offered).toHaveCount(0);
    await composer.press("Enter");
    await zhang.sees(typed);
  }
  await composer.fill("");
  await composer.pressSequentially("Ask @xm");
  await expect(offered.filter({ hasText: "王小明" })).toHaveAttribute("aria-selected", "true");
  await composer.press("Enter");
  await expect(composer).toHaveValue("Ask @王小明 ");
  await expect(offered).toHaveCount(0);
  await composer.pressSequentially("about @web");
  await expect(offered.filter({ hasText: "Ann Weber" })).toHaveAttribute("aria-selected", "true");
  await composer.press("Escape");
  await expect(offered).toHaveCount(0);
  await composer.press("Enter");
  await zhang.sees("Ask @王小明 about @web");
  const script = await Script.signIn(server, ZHANG);
  const [xiaoming] = await script.found("王小明");
  await expect.poll(async () => (await script.mentions()).at(-1)).toEqual([xiaoming]);
  expect((await script.mentions()).slice(0, -1)).toEqual([[], [], []]);
});

test("a group of thousands opens without asking for its members, and shows them page by page", async ({ server, signedIn }) => {
  const zhang = await Script.signIn(server, ZHANG);
  const [first] = await zhang.found("jo@a.example");
  const crowd = Array.from({ length: 2000 }, (_, at) => first! + at);
  await zhang.makeGroup("Everybody", [...(await zhang.found("li")), ...crowd]);
  const li = await signedIn(LI);
  await expect(li.row("Everybody")).toBeVisible();
  const asked: string[] = [];
  li.page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await li.open("Everybody");
  await li.say("hello");
  await li.seesState("hello", "sent");
  expect(asked.filter((path) => path.includes("/members"))).toEqual([]);
  await li.heading("Everybody").getByRole("button").click();
  const members = li.page.getByRole("complementary", { name: "Group info" }).getByRole("list", { name: "Members" }).getByRole("listitem");
  await expect(members).toHaveCount(100);
  expect(asked.filter((path) => path.includes("/members"))).toHaveLength(1);
  expect(asked.filter((path) => path === "/v1/users").length, "names are asked for together").toBeLessThan(25);
});

test("without a connection, pinyin finds whom the device knows, also behind @", async ({ server, signedIn }) => {
  const li = await signedIn(LI);
  await li.open(ZHANG.name);
  await li.say("在吗？");
  // Offline, the app's own worker has what is fetched later.
  await li.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller !== null) return;
    await new Promise((claimed) => navigator.serviceWorker.addEventListener("controllerchange", claimed, { once: true }));
  });
  await server.kill();
  await expect(li.banner).toBeVisible();
  const option = li.page.getByRole("option", { name: ZHANG.name });
  for (const typed of ["zs", "zhangs", "san"]) {
    await li.page.keyboard.press("ControlOrMeta+K");
    await li.page.getByRole("dialog").getByRole("combobox").fill(typed);
    await expect(option.locator("b")).toHaveText(typed === "san" ? "三" : "张三");
    await li.page.keyboard.press("Escape");
    await expect(li.page.getByRole("dialog")).toHaveCount(0);
  }
  await li.composer.pressSequentially("@zs");
  await expect(option).toBeVisible();
  await li.composer.press("Enter");
  await expect(li.composer).toHaveValue("@张三 ");
  await server.restart();
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`a mention stands out, one's own most of all, and leads to the person, ${colorScheme}`, async ({ signedIn }) => {
    const zhang = await signedIn(ZHANG, { colorScheme });
    await zhang.open(LI.name);
    await zhang.composer.pressSequentially("@ls");
    await expect(zhang.page.getByRole("option", { name: LI.name })).toBeVisible();
    await zhang.composer.press("Enter");
    await zhang.composer.pressSequentially("and @nobody");
    await zhang.composer.press("ControlOrMeta+Enter");
    const li = await signedIn(LI, { colorScheme });
    await li.open(ZHANG.name);
    const message = li.message("nobody");
    await expect(message.getByRole("link")).toHaveText(["@Li Si"]);
    expect(await faults(li.page)).toEqual([]);
    const [own, text] = [message.getByRole("link"), message.locator("p").first()];
    const colourOf = (of: typeof own) => of.evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await colourOf(own)).not.toBe(await colourOf(text));
    const sent = zhang.message("nobody").getByRole("link", { name: "@Li Si" });
    expect(await colourOf(sent), "others' names stand out less").not.toBe(await colourOf(own));
    await sent.click();
    await expect(zhang.page.getByRole("dialog", { name: "Profile" })).toContainText(LI.name);
  });
}
