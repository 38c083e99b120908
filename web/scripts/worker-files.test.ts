import { expect, test } from "vitest";
import { fill } from "./worker-files.ts";

test("the worker gets its list and its build", () => {
  expect(fill("keep(__FILES__, __BUILD__)", ["/", "/a.js"], "f00")).toBe('keep(["/","/a.js"], "f00")');
});

test("a worker without blanks is a mistake of the build", () => {
  expect(() => fill("keep(__FILES__)", [], "f00")).toThrow("__BUILD__");
});
