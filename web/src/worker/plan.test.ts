import { expect, test } from "vitest";
import { keptAt, outdated } from "./plan.ts";

const ORIGIN = "https://chat.example";
const FILES = new Set(["/", "/assets/index-1.js", "/manifest.webmanifest"]);
const ask = (path: string, change: { method?: string; mode?: string; origin?: string } = {}) =>
  keptAt({ url: (change.origin ?? ORIGIN) + path, method: change.method ?? "GET", mode: change.mode ?? "no-cors" }, ORIGIN, FILES);

test("the app's files are answered from what is kept", () => {
  expect(ask("/", { mode: "navigate" })).toBe("/");
  expect(ask("/?source=pwa", { mode: "navigate" })).toBe("/");
  expect(ask("/index.html", { mode: "navigate" })).toBe("/");
  expect(ask("/assets/index-1.js")).toBe("/assets/index-1.js");
});

test.each(["/v1/me", "/v1/ws", "/v1/login", "/classic", "/classic/", "/assets/index-2.js", "/assets/index-1.js?x", "/service-worker.js"])(
  "%s is the server's",
  (path) => {
    expect(ask(path)).toBeNull();
    expect(ask(path, { mode: "navigate" })).toBeNull();
  },
);

test("what changes something, and other origins, are the network's", () => {
  expect(ask("/", { method: "POST", mode: "navigate" })).toBeNull();
  expect(ask("/assets/index-1.js", { origin: "https://other.example" })).toBeNull();
});

test("other versions of the app go, other caches stay", () => {
  expect(outdated(["hongyan-app-1", "hongyan-app-2", "photos"], "hongyan-app-2")).toEqual(["hongyan-app-1"]);
});
