import { expect, test } from "vitest";
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

test.each(["", "#", "#/c", "#/c/", "#/c/0", "#/c/-1", "#/c/1e3", "#/c/12/x", "#/c/12/3/4", "#/x/1", "#/settings/1", "#/c/99999999999999999"])(
  "%j leads to the start",
  (hash) => expect(parse(hash)).toEqual({ page: "home" }),
);
