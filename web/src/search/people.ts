/**
 * Asks the server whom typed letters find.
 *
 * Promises: one question at a time, when the typing pauses; an answer to anything but the newest letters is dropped; a
 * server that is busy is asked again when it says so. Not here: whom this device knows (`list/match`).
 */
import { createEffect, createSignal, on, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import { HongyanError } from "@hongyan/client";
import type { FoundUser, FoundUsers } from "@hongyan/client";
import type { Model } from "../model/model.ts";

/** Typing goes on for about as long between two letters. */
const PAUSE_MS = 150;
/** In code points: so no more than the server takes. */
const LONGEST = 128;

export interface PeopleSearch {
  /** What was asked, as it was typed. */
  typed: string;
  state: "asking" | "done" | "failed";
  users: readonly FoundUser[];
  /** There may be others. */
  more: boolean;
}

export const NOT_ASKED: PeopleSearch = { typed: "", state: "done", users: [], more: false };

type Ask = (typed: string, signal: AbortSignal) => Promise<FoundUsers>;

/** Answers what to call with the letters whenever they change; the empty text ends it. */
export function asker(ask: Ask, tell: (search: PeopleSearch) => void): (typed: string) => void {
  let stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const asked = async (typed: string, signal: AbortSignal): Promise<void> => {
    try {
      const { users, more } = await ask([...typed.trim()].slice(0, LONGEST).join(""), signal);
      if (!signal.aborted) tell({ typed, state: "done", users, more });
    } catch (problem) {
      if (signal.aborted) return;
      const wait = problem instanceof HongyanError && problem.code !== "unreachable" ? problem.retryAfterMs : null;
      if (wait === null) tell({ typed, state: "failed", users: [], more: false });
      else timer = setTimeout(() => void asked(typed, signal), wait);
    }
  };
  return (typed) => {
    stop.abort();
    clearTimeout(timer);
    if (typed.trim() === "") return tell({ ...NOT_ASKED, typed });
    stop = new AbortController();
    const { signal } = stop;
    tell({ typed, state: "asking", users: [], more: false });
    timer = setTimeout(() => void asked(typed, signal), PAUSE_MS);
  };
}

/** Whom the server finds by what is typed; asked again when the connection comes back. */
export function searchPeople(model: Pick<Model, "client" | "connection" | "learn">, typed: Accessor<string>): Accessor<PeopleSearch> {
  const [search, setSearch] = createSignal<PeopleSearch>(NOT_ASKED);
  const want = asker((letters, signal) => model.client.searchUsers(letters, { signal }), (next) => {
    model.learn(next.users.map(({ user }) => user));
    setSearch(next);
  });
  const isOnline = () => model.connection().kind === "online";
  createEffect(on(typed, want));
  createEffect(on(isOnline, (online) => online && search().state === "failed" && want(typed()), { defer: true }));
  onCleanup(() => want(""));
  // Between the letter and the question there is a moment in which the old answer stands.
  return () => (search().typed === typed() ? search() : { typed: typed(), state: "asking", users: [], more: false });
}
