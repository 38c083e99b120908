import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HongyanError } from "@hongyan/client";
import type { FoundUsers } from "@hongyan/client";
import { asker } from "./people.ts";
import type { PeopleSearch } from "./people.ts";

interface Question {
  typed: string;
  signal: AbortSignal;
  answer(found: FoundUsers): void;
  fail(problem: Error): void;
}

let questions: Question[] = [];
let told: PeopleSearch[] = [];
let want: (typed: string) => void;
const ann = (name: string): FoundUsers => ({ users: [{ user: { id: 1, login: "", name }, marks: [[0, 1]] }], more: false });
const last = () => told.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  questions = [];
  told = [];
  want = asker(
    (typed, signal) => new Promise((answer, fail) => questions.push({ typed, signal, answer, fail })),
    (search) => told.push(search),
  );
});
afterEach(() => vi.useRealTimers());
const pause = () => vi.advanceTimersByTimeAsync(1000);

test("the server is asked once the typing pauses, and for the newest letters only", async () => {
  for (const typed of ["w", "wx", "wxm"]) want(typed);
  expect([questions.length, last().state]).toEqual([0, "asking"]);
  await pause();
  expect(questions.map(({ typed }) => typed)).toEqual(["wxm"]);
  questions[0]!.answer(ann("王小明"));
  await pause();
  expect(last()).toMatchObject({ typed: "wxm", state: "done", users: [{ user: { name: "王小明" } }] });
});

test("an answer to older letters is dropped, and nobody waits for it", async () => {
  want("a");
  await pause();
  want("ab");
  expect(questions[0]!.signal.aborted).toBe(true);
  questions[0]!.answer(ann("late"));
  await pause();
  questions[1]!.answer(ann("Abe"));
  await pause();
  expect(told.flatMap(({ users }) => users.map(({ user }) => user.name))).toEqual(["Abe"]);
  want(" ");
  expect(last()).toEqual({ typed: " ", state: "done", users: [], more: false });
});

test("a busy server is asked again, a missing one is told of", async () => {
  want("a");
  await pause();
  questions[0]!.fail(new HongyanError("rate_limited", "", 5000));
  await pause();
  expect([questions.length, last().state]).toEqual([1, "asking"]);
  await vi.advanceTimersByTimeAsync(5000);
  questions[1]!.fail(new HongyanError("unreachable", "", 1000));
  await pause();
  expect(last()).toMatchObject({ typed: "a", state: "failed" });
});

test("whatever is typed, no more is asked than the server takes", async () => {
  want("👍".repeat(500));
  await pause();
  expect(new TextEncoder().encode(questions[0]!.typed).length).toBe(512);
});
