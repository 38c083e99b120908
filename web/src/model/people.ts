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
  all: Accessor<readonly UserProfile[]>;
}

/** `isOnline` is reactive: names that could not be asked for are, when there is a connection. */
export function createPeople(client: Client, isOnline: () => boolean): People {
  const known = createCells<number, UserProfile>();
  const asked = new Set<number>();
  const [version, setVersion] = createSignal(0);

  function learn(profiles: readonly UserProfile[]): void {
    for (const profile of profiles) known.set(profile.id, profile);
    if (profiles.length > 0) setVersion((v) => v + 1);
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
