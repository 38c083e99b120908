/**
 * Names for user ids.
 *
 * Promises: a name that is not known yet is asked for once, and shows when it comes.
 */
import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client, UserProfile } from "@hongyan/client";
import { createCells } from "./cells.ts";

export interface People {
  profile(user: number): UserProfile;
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
  const asked = new Set<number>();
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
  async function ask(user: number): Promise<void> {
    if (asked.has(user)) return;
    asked.add(user);
    try {
      // A page of one, from just below: the server has no other way to name a user by id.
      learn((await client.users({ after: user - 1, limit: 1 })).filter((found) => found.id === user));
    } catch {
      asked.delete(user);
    }
  }
  return {
    profile(user) {
      const found = known.get(user) ?? client.profile(user);
      if (found !== null) return found;
      if (isOnline()) void ask(user);
      return { id: user, login: "", name: `#${user}` };
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
