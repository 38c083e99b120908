/**
 * Names for user ids.
 *
 * Promises: a name that is not known yet is asked for once, and shows when it comes; one that is looked at is not
 * older than {@link FRESH_MS}; an id that is nobody's is told
 * from one that could not be asked about.
 */
import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client, UserProfile } from "@hongyan/client";
import { createCells } from "./cells.ts";

/** Names asked for at a time. */
const PAGE = 100;

/** Whether there is somebody of an id, as far as it could be found out. */
export type Existence = "somebody" | "nobody" | "unknown";

/** A name that was asked for so lately, in ms, is not asked for again. */
const FRESH_MS = 2 * 60_000;

export interface People {
  profile(user: number): UserProfile;
  /** Somebody looks at this person: a name that may have changed meanwhile is asked for. */
  refresh(user: number): void;
  existence(user: number): Existence;
  learn(profiles: readonly UserProfile[]): void;
  /** The name to show; with the id where somebody else who is known here has the same. Reactive. */
  shownName(person: UserProfile): string;
  all: Accessor<readonly UserProfile[]>;
}

/** What tells somebody from a namesake: the login name where the server shows it, else the id. */
export function handle(person: UserProfile): string {
  return person.login === "" ? `#${person.id}` : person.login;
}

/** What of a name people compare: no case, width or accents' spelling, nothing that cannot be seen. */
function comparable(name: string): string {
  return name.normalize("NFKC").replace(/[\p{Cf}\u115f\u1160\u3164\uffa0]/gu, "").trim().toLowerCase();
}

/** `isOnline` is reactive: names that could not be asked for are, when there is a connection. */
export function createPeople(client: Client, isOnline: () => boolean): People {
  const known = createCells<number, UserProfile>();
  /** When, in ms of the page's life; not there: not, or in vain. */
  const asked = new Map<number, number>();
  const absent = createCells<number, true>();
  const [version, setVersion] = createSignal(0);

  function learn(profiles: readonly UserProfile[]): void {
    for (const profile of profiles) {
      known.set(profile.id, profile);
      count(profile);
    }
    if (profiles.length > 0) setVersion((v) => v + 1);
  }
  /** How many have a name, and what was counted for whom. */
  const bearers = createCells<string, number>();
  const counted = new Map<number, string>();
  function count({ id, name }: UserProfile): void {
    const before = counted.get(id);
    const now = comparable(name);
    if (before === now) return;
    counted.set(id, now);
    if (before !== undefined) bearers.set(before, (bearers.peek(before) ?? 1) - 1);
    bearers.set(now, (bearers.peek(now) ?? 0) + 1);
  }
  /** Those who are asked for together, with the next question. */
  let wanted = new Set<number>();
  function ask(user: number, isFresh: (at: number) => boolean = () => true): void {
    const before = asked.get(user);
    if (before !== undefined && isFresh(before)) return;
    asked.set(user, performance.now());
    if (wanted.size === 0) queueMicrotask(() => void askWanted());
    wanted.add(user);
  }
  async function askWanted(): Promise<void> {
    const all = [...wanted].sort((a, b) => a - b);
    wanted = new Set();
    while (all.length > 0) {
      const limit = all.length === 1 ? 1 : PAGE;
      try {
        // A page from just below: the server has no other way to name users by id. People come in together, so it
        // often names many.
        const page = await client.users({ after: all[0]! - 1, limit });
        const there = new Set(page.map(({ id }) => id));
        learn(page.filter(({ id }) => asked.has(id)));
        const last = page.length < limit ? Infinity : page.at(-1)!.id;
        const told = all.splice(0, all.findLastIndex((id) => id <= last) + 1);
        for (const id of told) if (!there.has(id)) absent.set(id, true);
        // What does not even have the first of them would be asked for ever.
        if (told.length === 0) return;
      } catch {
        for (const id of all) asked.delete(id);
        return;
      }
    }
  }
  return {
    profile(user) {
      const found = known.get(user) ?? client.profile(user);
      if (found !== null) return found;
      if (isOnline()) ask(user);
      return { id: user, login: "", name: `#${user}` };
    },
    refresh(user) {
      if (isOnline()) ask(user, (at) => performance.now() - at < FRESH_MS);
    },
    existence(user) {
      if (known.get(user) !== undefined || client.profile(user) !== null) return "somebody";
      if (absent.get(user) === true) return "nobody";
      if (isOnline()) ask(user);
      return "unknown";
    },
    learn,
    shownName(person) {
      const others = bearers.get(comparable(person.name)) ?? 0;
      const itself = counted.get(person.id) === comparable(person.name) ? 1 : 0;
      return others > itself ? `${person.name} #${person.id}` : person.name;
    },
    all() {
      version();
      const people: UserProfile[] = [];
      for (const id of known.keys()) {
        const profile = known.peek(id);
        if (profile !== undefined) people.push(profile);
      }
      return people;
    },
  };
}
