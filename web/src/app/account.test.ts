import { beforeEach, expect, test, vi } from "vitest";
import { endAccount, keepAccount, lastAccount } from "./account.ts";

beforeEach(() => {
  const records = new Map<string, string>();
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => records.get(key) ?? null,
    setItem: (key: string, value: string) => void records.set(key, value),
    removeItem: (key: string) => void records.delete(key),
  });
});

const ZHANG = { id: 1000, login: "zhang", name: "Zhang" };
const state = (): unknown => [lastAccount()?.isSignedIn, lastAccount()?.wasEnded];

test("of the tabs that hear of the end, the first one says why", () => {
  keepAccount(ZHANG);
  expect(state()).toEqual([true, false]);
  // A connection ends because the user signed out in another tab, or the other way round.
  endAccount("user");
  endAccount("server");
  expect(state()).toEqual([false, false]);
  keepAccount(ZHANG);
  endAccount("server");
  endAccount("user");
  expect(state()).toEqual([false, true]);
  keepAccount(ZHANG);
  expect(state(), "a new session").toEqual([true, false]);
});
