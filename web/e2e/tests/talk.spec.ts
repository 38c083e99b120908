// Two people, each in a browser of their own.

import { expect, LI, test, WANG, ZHANG } from "../harness/fixtures.ts";
import { look } from "../harness/person.ts";
import { Script } from "../harness/script.ts";

test("a message goes from sending to read, and an answer comes back", async ({ server, network, signedIn, browserFor }) => {
  const zhang = await signedIn(ZHANG, { through: network });
  await zhang.open(LI.name);
  await zhang.isOnline();

  network.delay(1000);
  await zhang.say("Are you there?");
  await zhang.seesState("Are you there?", "sending");
  network.delay(0);
  // Li has no device yet.
  await zhang.seesState("Are you there?", "sent");

  const li = await browserFor(LI);
  await li.signIn();
  await zhang.seesState("Are you there?", "delivered");
  await li.open(ZHANG.name);
  await li.sees("Are you there?");
  await zhang.seesState("Are you there?", "read");

  await li.say("在的！👋");
  await zhang.sees("在的！👋");
  await li.seesState("在的！👋", "read");
  const script = await Script.signIn(server, ZHANG);
  expect(await script.texts()).toEqual(["Are you there?", "在的！👋"]);
});

test("unread messages are counted, divided off, and read by being seen", async ({ server, signedIn }) => {
  const script = await Script.signIn(server, ZHANG);
  const li = await signedIn(LI);
  const { id } = await Script.signIn(server, LI);
  await script.send(id, "old");
  await li.open(ZHANG.name);
  await li.sees("old");
  await expect(li.row(ZHANG.name)).not.toHaveAccessibleName(/unread/);
  // Elsewhere, so that what comes is not seen.
  await li.page.goto(`${li.url}/#/settings`);

  for (const text of ["one", "two", "three"]) await script.send(id, text);
  await expect(li.row(ZHANG.name)).toHaveAccessibleName(/3 unread messages/);
  await expect(li.page).toHaveTitle(/\(3\)/);

  await li.open(ZHANG.name);
  const divider = li.log.getByText(li.w.newMessages);
  await expect(divider).toBeVisible();
  const [above, below] = [await li.message("old").boundingBox(), await li.message("one").boundingBox()];
  const line = await divider.boundingBox();
  expect(above!.y).toBeLessThan(line!.y);
  expect(line!.y).toBeLessThan(below!.y);
  await expect(li.row(ZHANG.name)).not.toHaveAccessibleName(/unread/);
  await expect(li.page).not.toHaveTitle(/\(/);
  await expect(divider, "it stays as long as the conversation shows").toBeVisible();
});

test("the divider goes when it is answered, and a second absence gets another", async ({ server, signedIn }) => {
  const script = await Script.signIn(server, ZHANG);
  const li = await signedIn(LI);
  const { id } = await Script.signIn(server, LI);
  await script.send(id, "old");
  await li.open(ZHANG.name);
  await li.sees("old");
  await expect(li.row(ZHANG.name)).not.toHaveAccessibleName(/unread/);
  const divider = li.log.getByText(li.w.newMessages);
  const isAbove = async (text: string): Promise<void> => {
    await expect(divider).toHaveCount(1);
    await expect.poll(async () => {
      const [line, message] = [await divider.boundingBox(), await li.message(text).boundingBox()];
      return line !== null && message !== null && Math.abs(line.y + line.height - message.y) < 24;
    }).toBe(true);
  };
  const away = (isAway: boolean) => look(li.page, isAway ? "away" : "here");

  await away(true);
  await script.send(id, "first absence");
  await li.sees("first absence");
  await away(false);
  await isAbove("first absence");
  await expect(li.row(ZHANG.name)).not.toHaveAccessibleName(/unread/);
  // Nobody has answered, and there is another absence.
  await away(true);
  await script.send(id, "second absence");
  await script.send(id, "and more of it");
  await li.sees("and more of it");
  await away(false);
  await isAbove("second absence");
  await expect(li.row(ZHANG.name)).not.toHaveAccessibleName(/unread/);
  await li.say("an answer");
  await expect(divider).toHaveCount(0);
  await away(true);
  await script.send(id, "third absence");
  await li.sees("third absence");
  await away(false);
  await isAbove("third absence");
  await (await Script.signIn(server, LI)).send(script.id, "answered elsewhere");
  await li.sees("answered elsewhere");
  await expect(divider).toHaveCount(0);
});

test("a message is edited, answered and taken back, for both", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const li = await signedIn(LI);
  await zhang.open(LI.name);
  await zhang.say("Lunch at noon?");
  await li.open(ZHANG.name);

  await zhang.act("Lunch at noon?", "edit");
  await expect(zhang.composer).toHaveValue("Lunch at noon?");
  await zhang.say("Lunch at one?");
  await li.sees("Lunch at one?");
  await expect(li.message("Lunch at one?")).toHaveAccessibleName(new RegExp(li.w.edited));
  await expect(li.message("Lunch at noon?")).toHaveCount(0);

  await li.act("Lunch at one?", "reply");
  await li.say("Gladly");
  await expect(zhang.message("Gladly")).toContainText("Lunch at one?");

  await li.act("Gladly", "recall");
  await li.page.getByRole("dialog").getByRole("button", { name: li.w.actions.recall }).click();
  await expect(zhang.log.getByRole("article", { name: zhang.w.recalled })).toBeVisible();
  await expect(zhang.message("Gladly")).toHaveCount(0);
  const script = await Script.signIn(server, LI);
  expect(await script.texts()).not.toContain("Gladly");
});

test("a new name shows when one looks, and one's own at once, in every tab", async ({ server, signedIn }) => {
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "hello");
  const zhang = await signedIn(ZHANG);
  await expect(zhang.row(LI.name)).toBeVisible();
  const other = await zhang.anotherTab();
  await expect(other.row(LI.name)).toBeVisible();
  await li.rename("Li Simei");
  await zhang.row(LI.name).click();
  await expect(zhang.heading("Li Simei")).toBeVisible();
  for (const tab of [zhang, other]) await expect(tab.row("Li Simei")).toBeVisible();

  await zhang.page.goto(`${zhang.url}/#/settings`);
  await zhang.page.getByRole("textbox", { name: "Name" }).fill("Zhang Sanfeng");
  await zhang.page.getByRole("main").getByRole("button", { name: "Save" }).click();
  for (const tab of [zhang, other]) await expect(tab.list).toContainText("Zhang Sanfeng");
});

test("what was typed survives a reload, in each conversation", async ({ server, signedIn }) => {
  server.addUser({ login: "zhao", name: "Zhao Liu" });
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.composer.fill("to Li, half a sen");
  await zhang.openNew("Zhao Liu");
  await expect(zhang.composer).toHaveValue("");
  await zhang.composer.fill("to Zhao");
  await zhang.page.reload();
  await expect(zhang.composer).toHaveValue("to Zhao");
  await zhang.openNew(LI.name);
  await expect(zhang.composer).toHaveValue("to Li, half a sen");
});

test("a session that was ended elsewhere leads to the sign-in page", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.isOnline();
  const script = await Script.signIn(server, ZHANG);
  await script.endOtherSessions();
  await expect(zhang.page.getByRole("button", { name: zhang.w.signIn, exact: true })).toBeVisible();
});

test("a message that the server refuses says why, and is sent again or discarded", async ({ server, browserFor }) => {
  const zhang = await browserFor(ZHANG);
  let isRefusing = true;
  await zhang.page.routeWebSocket(/\/v1\/ws$/, (client) => {
    const upstream = client.connectToServer();
    client.onMessage((frame) => {
      const { type, req } = JSON.parse(frame.toString()) as { type: string; req?: number };
      if (type !== "send" || !isRefusing) upstream.send(frame);
      else client.send(JSON.stringify({ type: "error", req, code: "forbidden", message: "no" }));
    });
  });
  await zhang.page.reload();
  await zhang.signIn();
  await zhang.open(LI.name);
  for (const text of ["first try", "never mind"]) {
    await zhang.say(text);
    await zhang.seesState(text, "failed");
  }
  await expect(zhang.message("first try")).toContainText("it is not allowed");
  await zhang.page.reload();
  await zhang.seesState("first try", "failed");
  await zhang.message("never mind").getByRole("button", { name: "Discard" }).first().click();
  await expect(zhang.message("never mind")).toHaveCount(0);
  isRefusing = false;
  await zhang.message("first try").getByRole("button", { name: "Send again" }).first().click();
  await zhang.seesState("first try", "sent");
  expect(await (await Script.signIn(server, ZHANG)).texts()).toEqual(["first try"]);
});

test("the browser's buttons and addresses lead to what was looked at", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const { id } = await Script.signIn(server, ZHANG);
  for (const [user, text] of [[LI, "from Li"], [WANG, "from Wang"]] as const) await (await Script.signIn(server, user)).send(id, text);
  await zhang.open(LI.name);
  await zhang.open(WANG.name);
  await zhang.page.goBack();
  await expect(zhang.heading(LI.name)).toBeVisible();
  await zhang.sees("from Li");
  await zhang.page.goForward();
  await expect(zhang.heading(WANG.name)).toBeVisible();
  await zhang.page.reload();
  await expect(zhang.heading(WANG.name)).toBeVisible();
  await zhang.sees("from Wang");
  await zhang.page.goBack();
  await expect(zhang.heading(LI.name)).toBeVisible();

  // What is nobody's, or nowhere.
  for (const address of ["#/c/999", "#/u/999999", "#/nowhere", "#/c/-1"]) {
    await zhang.page.goto(`${zhang.url}/${address}`);
    await expect(zhang.list).toBeVisible();
    if (address === "#/c/999") await expect(zhang.page.getByRole("main")).toContainText("no such conversation");
    await zhang.open(LI.name);
    await zhang.sees("from Li");
  }
});

test("the line that is pressed is the one that opens, whatever comes meanwhile", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  const { id } = await Script.signIn(server, ZHANG);
  let [below, top] = [WANG, LI];
  const scripts = new Map([[WANG, await Script.signIn(server, WANG)], [LI, await Script.signIn(server, LI)]]);
  for (const user of [below, top]) await scripts.get(user)!.send(id, "hello");
  const frames: string[] = [];
  zhang.page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => frames.push(payload.toString())));
  await zhang.page.reload();
  await zhang.isOnline();

  let round = 0;
  // Nothing is held for longer than a second: on a machine that needs more, again.
  await expect(async () => {
    await expect(zhang.list.getByRole("link").first()).toHaveAccessibleName(new RegExp(`^${top.name}`));
    await zhang.row(top.name).hover();
    await zhang.page.mouse.down();
    round += 1;
    await scripts.get(below)!.send(id, `news ${round}`);
    const pressed = top;
    [below, top] = [top, below];
    await expect.poll(() => frames.some((frame) => frame.includes(`news ${round}`))).toBe(true);
    // What is handed over with a frame would be on the page.
    await zhang.page.waitForTimeout(200);
    await zhang.page.mouse.up();
    await expect(zhang.heading(pressed.name)).toBeVisible({ timeout: 1000 });
  }).toPass();
  await expect(zhang.row(top.name)).toHaveAccessibleName(new RegExp(`news ${round}`));
});
