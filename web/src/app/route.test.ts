import { afterEach, expect, test, vi } from "vitest";
import { format, parse } from "./route.ts";
import type { Route } from "./route.ts";

test.each<[string, Route]>([
  ["#/", { page: "home" }],
  ["#/c/12", { page: "conversation", place: { conv: 12 } }],
  ["#/c/12/345", { page: "conversation", place: { conv: 12 }, at: 345 }],
  ["#/u/1001", { page: "conversation", place: { to: 1001 } }],
  ["#/u/1001/7", { page: "conversation", place: { to: 1001 }, at: 7 }],
  ["#/settings", { page: "settings" }],
  ["#/debug", { page: "debug" }],
])("%s leads somewhere and back", (hash, route) => {
  expect(parse(hash)).toEqual(route);
  expect(format(route)).toBe(hash);
});

test.each(["", "#", "#/c", "#/c/", "#/c/0", "#/c/-1", "#/c/1e3", "#/c/12/x", "#/c/12/3/4", "#/x/1", "#/settings/1", "#/c/99999999999999999", "#/u/9999999999999999"])(
  "%j leads to the start",
  (hash) => expect(parse(hash)).toEqual({ page: "home" }),
);

/** A page at an address: the app's own part, the browser's address, and the browser's word that it changed. */
async function pageAt(hash: string) {
  const listeners: (() => void)[] = [];
  const location = { hash };
  const write = vi.fn((_state: unknown, _title: string, next: string) => void (location.hash = next));
  vi.stubGlobal("window", { addEventListener: (_name: string, listener: () => void) => listeners.push(listener) });
  vi.stubGlobal("location", location);
  vi.stubGlobal("history", { state: null, pushState: write, replaceState: write });
  vi.resetModules();
  const app = await import("./route.ts");
  return { app, location, write, tell: () => listeners.forEach((listener) => listener()) };
}

afterEach(() => vi.unstubAllGlobals());

test("what shows is given another address", async () => {
  const { app, location, tell } = await pageAt("#/u/1001");
  app.readdress({ page: "conversation", place: { conv: 12 } });
  expect(location.hash).toBe("#/c/12");
  location.hash = "#/";
  tell();
  expect(app.route()).toEqual({ page: "home" });
});

test("who has gone on meanwhile is not taken back", async () => {
  const { app, location, tell } = await pageAt("#/u/1001");
  location.hash = "#/";
  app.readdress({ page: "conversation", place: { conv: 12 } });
  tell();
  expect(app.route()).toEqual({ page: "home" });
});

test("also who came and went by the app's own ways", async () => {
  const { app, location, tell } = await pageAt("#/");
  app.go({ page: "conversation", place: { to: 1001 } });
  location.hash = "#/settings";
  app.readdress({ page: "conversation", place: { conv: 12 } });
  tell();
  expect(app.route()).toEqual({ page: "settings" });
});

test("an address is written once, however often it is asked for", async () => {
  const { app, write } = await pageAt("#/u/1001");
  for (let time = 0; time < 3; time++) app.readdress({ page: "conversation", place: { conv: 12 } });
  expect(write).toHaveBeenCalledTimes(1);
});
