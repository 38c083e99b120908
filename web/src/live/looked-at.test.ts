import { createRoot, createSignal } from "solid-js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Client, Present, UserPresence } from "@hongyan/client";
import { createLookedAt } from "./looked-at.ts";

const SETTLED = 250;
const ANN = 2;

let dispose = () => {};
let answers: Record<number, UserPresence> = {};
let asked: number[][] = [];
let hold: Promise<void> = Promise.resolve();
let push: (present: Present) => void = () => {};

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { visibilityState: "visible", hasFocus: () => true });
  [answers, asked, hold] = [{ [ANN]: { user: ANN, state: "online" } }, [], Promise.resolve()];
});
afterEach(() => {
  dispose();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

function make() {
  const client = {
    presence: async (users: number[]) => {
      asked.push(users);
      const now = users.map((user) => answers[user] ?? { user, state: "offline" });
      await hold;
      return now;
    },
  } as unknown as Client;
  const listen = ((_: string, listener: (present: Present) => void) => ((push = listener), () => {})) as Client["on"];
  return createRoot((end) => {
    dispose = end;
    const [isOnline, setOnline] = createSignal(true);
    const [now, setNow] = createSignal(0);
    return { looked: createLookedAt(client, listen, isOnline, now), setOnline, setNow };
  });
}

test("those on the screen are asked about together, once a minute, and not when they are gone", async () => {
  const { looked, setNow } = make();
  const end = createRoot((gone) => {
    for (let user = 1; user <= 120; user += 1) looked.watch(() => user);
    return gone;
  });
  const ann = createRoot(() => looked.watch(() => ANN));
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(asked.map(({ length }) => length)).toEqual([100, 20]);
  expect(ann()?.state).toBe("online");
  end();
  setNow(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(asked.slice(2)).toEqual([[ANN]]);
  createRoot((scrolledBy) => (looked.watch(() => 9), scrolledBy()));
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(asked.length).toBe(3);
});

test("what the server tells by itself counts more than an answer on its way; without a connection nothing is known", async () => {
  const { looked, setOnline } = make();
  const ann = createRoot(() => looked.watch(() => ANN));
  let answer = () => {};
  hold = new Promise((resolve) => (answer = resolve));
  await vi.advanceTimersByTimeAsync(SETTLED);
  push({ conv: 7, users: [{ user: ANN, state: "away" }], online: 1 });
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(ann()?.state).toBe("away");
  // They went: since when is asked.
  answers = { [ANN]: { user: ANN, state: "offline", last_seen: 5 } };
  push({ conv: 7, users: [{ user: 1, state: "online" }], online: 1 });
  expect(ann()).toEqual({ user: ANN, state: "offline" });
  await vi.advanceTimersByTimeAsync(SETTLED);
  expect(ann()).toEqual({ user: ANN, state: "offline", last_seen: 5 });
  setOnline(false);
  expect(ann()).toBeNull();
});
