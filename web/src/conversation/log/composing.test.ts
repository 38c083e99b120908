import { expect, test } from "vitest";
import type { Draft } from "@hongyan/client";
import { Composing } from "./composing.ts";

/** A client with one draft. */
class Kept {
  kept: Draft = { text: "" };
  draft = (): Draft => this.kept;
  setDraft = (_key: string, draft: Draft): void => void (this.kept = draft);
}

function setUp(kept: Draft = { text: "" }): { client: Kept; composing: Composing } {
  const client = new Kept();
  client.kept = kept;
  return { client, composing: new Composing(client, "to:2") };
}

test("an edit stands beside the message that waits, and each is kept", () => {
  const { client, composing } = setUp();
  composing.type("half a sen");
  composing.reply(4);
  composing.edit(3, "teh");
  composing.type("the");
  expect(client.kept).toEqual({ text: "half a sen", replyTo: 4, edit: { seq: 3, before: "teh", text: "the" } });
  expect([composing.text(), composing.waiting().text]).toEqual(["the", "half a sen"]);
  composing.reset();
  expect([composing.text(), composing.aim()]).toEqual(["half a sen", { kind: "message", replyTo: 4 }]);
  composing.reset();
  expect(client.kept).toEqual({ text: "half a sen" });
});

test("goes on where it was left", () => {
  const { composing } = setUp({ text: "a", edit: { seq: 3, before: "teh", text: "the" } });
  expect([composing.text(), composing.aim()]).toEqual(["the", { kind: "edit", seq: 3, before: "teh" }]);
});

test("what another tab writes shows, unless somebody types here", () => {
  const { composing } = setUp();
  composing.changed({ text: "from there", replyTo: 5 });
  expect([composing.text(), composing.aim()]).toEqual(["from there", { kind: "message", replyTo: 5 }]);
  composing.isTyping = () => true;
  composing.changed({ text: "" });
  expect(composing.text()).toBe("from there");
});

test("what a later version keeps with a draft stays", () => {
  const { client, composing } = setUp({ text: "a", files: [1] } as Draft);
  composing.type("ab");
  expect(client.kept).toEqual({ text: "ab", files: [1] });
});

test("an edit that is left for something else goes on when its message is edited again", () => {
  const { client, composing } = setUp();
  composing.edit(3, "teh");
  composing.type("the first");
  composing.reply(4);
  expect([composing.text(), composing.aim()]).toEqual(["", { kind: "message", replyTo: 4 }]);
  composing.edit(5, "fith");
  composing.type("the fifth");
  composing.edit(3, "teh");
  expect([composing.text(), composing.isLeft(3), composing.isLeft(5)]).toEqual(["the first", false, true]);
  const five = { seq: 5, before: "fith", text: "the fifth" };
  expect(client.kept).toEqual({ text: "", replyTo: 4, edit: { seq: 3, before: "teh", text: "the first" }, aside: [five] });

  // After a reload as well; what is cancelled is gone, and what changes nothing is not kept.
  const again = new Composing(client, "to:2");
  again.reset();
  again.edit(3, "teh");
  expect(again.text()).toBe("teh");
  again.setEditAside();
  again.edit(5, "fith");
  expect(again.text()).toBe("the fifth");
  again.edit(5, "fith");
  expect(again.text()).toBe("the fifth");
  again.reset();
  expect(client.kept).toEqual({ text: "", replyTo: 4 });
});

test("a few edits are kept that were left, those of last", () => {
  const { composing } = setUp();
  for (let seq = 1; seq <= 22; seq += 1) {
    composing.edit(seq, "x");
    composing.type(`edit ${seq}`);
  }
  expect([1, 2, 21].map((seq) => composing.isLeft(seq))).toEqual([false, true, true]);
});
