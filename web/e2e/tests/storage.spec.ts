// Browsers that keep nothing, or no more.

import { expect, LI, test, ZHANG } from "../harness/fixtures.ts";
import { Script } from "../harness/script.ts";

const NOTICE = "Nothing can be kept here";

test("a browser that keeps nothing still chats, and says so", async ({ server, browserFor }) => {
  const zhang = await browserFor(ZHANG);
  await zhang.context.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("denied", "SecurityError");
    };
    Object.defineProperty(window, "localStorage", {
      get() {
        throw new DOMException("denied", "SecurityError");
      },
    });
  });
  await zhang.page.reload();
  await zhang.signIn();
  await expect(zhang.page.getByRole("status").filter({ hasText: NOTICE })).toBeVisible();
  await zhang.open(LI.name);
  await zhang.say("without a disk");
  await zhang.seesState("without a disk", "sent");
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "it arrives");
  await zhang.sees("it arrives");
  // The cookie is all that there is, and enough.
  await zhang.page.reload();
  await zhang.open(LI.name);
  await zhang.sees("without a disk");
});

test("a disk that becomes full costs no message", async ({ server, signedIn }) => {
  const zhang = await signedIn(ZHANG);
  await zhang.open(LI.name);
  await zhang.say("before");
  await zhang.seesState("before", "sent");
  await zhang.page.evaluate(() => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  });
  for (const text of ["one", "two"]) {
    await zhang.say(text);
    await zhang.seesState(text, "sent");
  }
  await expect(zhang.page.getByRole("status").filter({ hasText: NOTICE })).toBeVisible();
  const li = await Script.signIn(server, LI);
  await li.send((await Script.signIn(server, ZHANG)).id, "an answer");
  await zhang.sees("an answer");
  expect(await li.texts()).toEqual(["before", "one", "two", "an answer"]);
});
