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
