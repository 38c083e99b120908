/**
 * Groups over HTTP.
 *
 * Promises: a change whose answer the network swallowed is asked for once more under the same name, so that it is made
 * once; every answer is checked. Not here: what the members' clients hear of it, which are entries.
 */
import { HongyanError } from "./errors.ts";
import { checked, GarbageError } from "./frames.ts";
import { garbage, profileOf, queryOf, userPageOf } from "./http.ts";
import type { Http } from "./http.ts";
import type { GroupMember, GroupSetting, Role, Sent, UserPage, UserProfile } from "./types.ts";

/** A member who may read and not write, until a time in ms since the epoch. */
export interface Mute {
  user: number;
  until: number;
}

/** The members of a group who may not write. */
export interface Mutes {
  muted: Mute[];
  /** Who they are. */
  users: UserProfile[];
}

/** A page of a group's members, by id. */
export interface MemberPage {
  members: GroupMember[];
  /** Who they are. */
  users: UserProfile[];
  /** There are others behind the last. */
  more: boolean;
}

export class Groups {
  readonly #http: Http;
  /** Names for entries. */
  readonly #next: () => string;

  constructor(http: Http, next: () => string) {
    this.#http = http;
    this.#next = next;
  }

  create(name: string, users: readonly number[]): Promise<Sent> {
    return this.#change("POST", "/v1/groups", { name, users });
  }

  set(conv: number, setting: GroupSetting): Promise<Sent> {
    return this.#change("PATCH", `/v1/groups/${conv}`, setting);
  }

  disband(conv: number): Promise<Sent> {
    return this.#change("DELETE", `/v1/groups/${conv}`);
  }

  add(conv: number, users: readonly number[]): Promise<Sent> {
    return this.#change("POST", `/v1/groups/${conv}/members`, { users });
  }

  remove(conv: number, user: number): Promise<Sent> {
    return this.#change("DELETE", `/v1/groups/${conv}/members/${user}`);
  }

  setRole(conv: number, user: number, role: Role): Promise<Sent> {
    return this.#change("PATCH", `/v1/groups/${conv}/members/${user}`, { role });
  }

  async members(conv: number, page: { after?: number; limit?: number }): Promise<MemberPage> {
    const { members, users, more } = await this.#http.ask("GET", `/v1/groups/${conv}/members?${queryOf(page)}`);
    if (!Array.isArray(members) || !Array.isArray(users)) throw garbage();
    return { members: members.map(memberOf), users: users.map(profileOf), more: more === true };
  }

  /** Nobody brings these in any more, and those of them who are members are out. */
  ban(conv: number, users: readonly number[]): Promise<Sent> {
    return this.#change("POST", `/v1/groups/${conv}/bans`, { users });
  }

  unban(conv: number, user: number): Promise<Sent> {
    return this.#change("DELETE", `/v1/groups/${conv}/bans/${user}`);
  }

  async bans(conv: number, page: { after?: number; limit?: number }): Promise<UserPage> {
    return userPageOf(await this.#http.ask("GET", `/v1/groups/${conv}/bans?${queryOf(page)}`));
  }

  mute(conv: number, user: number, until: number): Promise<Sent> {
    return this.#change("POST", `/v1/groups/${conv}/mutes`, { user, until });
  }

  unmute(conv: number, user: number): Promise<Sent> {
    return this.#change("DELETE", `/v1/groups/${conv}/mutes/${user}`);
  }

  async mutes(conv: number): Promise<Mutes> {
    const { muted, users } = await this.#http.ask("GET", `/v1/groups/${conv}/mutes`);
    if (!Array.isArray(muted) || !Array.isArray(users)) throw garbage();
    return { muted: muted.map(muteOf), users: users.map(profileOf) };
  }

  /** In a conversation of two as well. */
  pin(conv: number, seq: number): Promise<Sent> {
    return this.#change("POST", `/v1/conversations/${conv}/pins`, { seq });
  }

  unpin(conv: number, seq: number): Promise<Sent> {
    return this.#change("DELETE", `/v1/conversations/${conv}/pins/${seq}`);
  }

  async #change(method: string, path: string, body?: object): Promise<Sent> {
    const client_id = this.#next();
    const ask = (): Promise<Record<string, unknown>> =>
      body === undefined ? this.#http.ask(method, `${path}?client_id=${client_id}`) : this.#http.ask(method, path, { client_id, ...body });
    const answer = await ask().catch((problem: unknown) => {
      if (problem instanceof HongyanError && problem.code === "unreachable") return ask();
      throw problem;
    });
    try {
      return checked("Sent", answer) as unknown as Sent;
    } catch (problem) {
      if (problem instanceof GarbageError) throw garbage();
      throw problem;
    }
  }
}

function muteOf(value: unknown): Mute {
  const { user, until } = (value ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(user) || !Number.isSafeInteger(until)) throw garbage();
  return { user: user as number, until: until as number };
}

function memberOf(value: unknown): GroupMember {
  const { user, role } = (value ?? {}) as Record<string, unknown>;
  if (!Number.isSafeInteger(user) || typeof role !== "string") throw garbage();
  return { user: user as number, role };
}
