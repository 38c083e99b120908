/**
 * Who of those on the screen is there.
 *
 * what is on the screen → **LookedAt** → asks the server → the screen; what the server tells by itself → the screen
 *
 * Owns: what is known of each. Promises: those on the screen are asked about together, when they come and once a minute, while
 * somebody looks and there is a connection; what the server tells meanwhile counts more than an answer on its way. Not here:
 * how it looks.
 */
import { createEffect, on, onCleanup, untrack } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client, Present, UserPresence } from "@hongyan/client";
import { isAttentive } from "../conversation/log/attention.ts";
import { createCells } from "../model/cells.ts";

/** As the server has it. */
const AT_A_TIME = 100;
/** Of a list of thousands not all are asked about. */
const MOST = 500;
/** Lines that are scrolled by are not asked about. */
const SETTLE_MS = 250;

export interface LookedAt {
  /** Whether somebody is there, and since when not; null: not known. They are asked about as long as the caller's owner lives. */
  watch(user: Accessor<number | null>): Accessor<UserPresence | null>;
}

/** `on` listens to the client until the owner is gone. */
export function createLookedAt(client: Client, listen: Client["on"], isOnline: Accessor<boolean>, now: Accessor<number>): LookedAt {
  const known = createCells<number, UserPresence>();
  /** Who is on the screen, and how often. */
  const shown = new Map<number, number>();
  /** How often the server has told of somebody by itself. */
  const pushes = new Map<number, number>();
  let there: ReadonlySet<number> = new Set();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function tell(one: UserPresence): void {
    pushes.set(one.user, (pushes.get(one.user) ?? 0) + 1);
    known.set(one.user, one);
  }
  async function ask(users: readonly number[]): Promise<void> {
    const before = new Map(users.map((user) => [user, pushes.get(user)]));
    const found = await client.presence([...users]).catch((): UserPresence[] => []);
    for (const one of found) if (before.get(one.user) === pushes.get(one.user)) known.set(one.user, one);
  }
  function askAll(users: Iterable<number>): void {
    const all = [...users].slice(-MOST);
    if (all.length === 0 || !untrack(isOnline) || !isAttentive()) return;
    for (let from = 0; from < all.length; from += AT_A_TIME) void ask(all.slice(from, from + AT_A_TIME));
  }
  const coming = new Set<number>();
  function soon(user: number): void {
    coming.add(user);
    timer ??= setTimeout(() => {
      timer = undefined;
      askAll([...coming].filter((one) => shown.has(one)));
      coming.clear();
    }, SETTLE_MS);
  }
  onCleanup(() => clearTimeout(timer));
  createEffect(on([isOnline, now], ([online]) => {
    if (online) return askAll(shown.keys());
    // Without a connection nobody is known to be there.
    for (const user of known.keys()) if (known.peek(user) !== undefined) known.set(user, undefined);
    there = new Set();
  }));
  if (typeof window !== "undefined") {
    const look = (): void => askAll(shown.keys());
    window.addEventListener("focus", look);
    onCleanup(() => window.removeEventListener("focus", look));
  }
  listen("presence", (present: Present) => {
    const users = new Set(present.users.map(({ user }) => user));
    for (const one of present.users) tell(one);
    // Since when they are not there has to be asked.
    const gone = present.online > 0 ? [...there].filter((user) => !users.has(user)) : [];
    for (const user of gone) {
      tell({ user, state: "offline" });
      soon(user);
    }
    there = users;
  });
  return {
    watch(user) {
      createEffect(on(user, (whom) => {
        if (whom === null) return;
        shown.set(whom, (shown.get(whom) ?? 0) + 1);
        soon(whom);
        onCleanup(() => {
          const times = shown.get(whom)! - 1;
          if (times === 0) shown.delete(whom);
          else shown.set(whom, times);
        });
      }));
      return () => {
        const whom = user();
        return whom === null ? null : (known.get(whom) ?? null);
      };
    },
  };
}
