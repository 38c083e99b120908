import { expect, test } from "vitest";
import type { BreakReason, ConnectionState } from "@hongyan/client";
import { noticeOf, storageNotice } from "./connection.ts";

const waiting = (reason: BreakReason, networkDown = false): ConnectionState => ({ kind: "waiting", reason, attempt: 2, retryAt: 5000, networkDown });

test("online says nothing", () => {
  expect(noticeOf({ kind: "online", caughtUp: true })).toBeNull();
});

test("every wait can be cut short", () => {
  const reasons: BreakReason[] = [
    { kind: "broken" },
    { kind: "timeout" },
    { kind: "silent" },
    { kind: "unanswered" },
    { kind: "garbage", problem: "x" },
    { kind: "closed", code: 4104, text: "shutdown" },
    { kind: "closed", code: 4105, text: "overloaded" },
  ];
  for (const reason of reasons) expect(noticeOf(waiting(reason))).toMatchObject({ action: "retry", retryAt: 5000 });
  const texts = reasons.slice(4).map((reason) => noticeOf(waiting(reason))?.text);
  expect(new Set(texts).size).toBe(texts.length);
});

test("without a network there is no countdown to show", () => {
  expect(noticeOf(waiting({ kind: "broken" }, true))).toMatchObject({ hint: expect.stringContaining("sent later") });
  expect(noticeOf(waiting({ kind: "broken" }, true))?.retryAt).toBeUndefined();
});

test("a refusal stays, and being signed out is for another page", () => {
  expect(noticeOf({ kind: "stopped", reason: { kind: "refused", code: 4002 } })).toMatchObject({ isLasting: true, action: "reload" });
  expect(noticeOf({ kind: "stopped", reason: { kind: "signed_out", code: 4001 } })).toBeNull();
});

test("a browser that forgets is told of, with what it forgets", () => {
  expect(storageNotice({ kind: "indexeddb" }, false)).toBeNull();
  expect(storageNotice({ kind: "memory" }, false)).not.toBeNull();
  expect(storageNotice({ kind: "indexeddb", problem: "quota" }, false)).not.toBeNull();
  const silent = { kind: "memory", problem: "no answer", isSilent: true } as const;
  // Loading the page again would end a sign-in that lives as long as it.
  expect([storageNotice(silent, false)?.action, storageNotice(silent, true)?.action]).toEqual(["reload", undefined]);
  const texts = [storageNotice(silent, false), storageNotice({ kind: "memory" }, false), storageNotice({ kind: "indexeddb" }, true), storageNotice({ kind: "memory" }, true)];
  expect(new Set(texts.map((notice) => notice?.text)).size).toBe(4);
});
