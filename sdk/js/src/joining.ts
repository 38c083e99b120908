/**
 * Ways into groups over HTTP: links that are handed on, and requests to be let in.
 *
 * Promises: every answer is checked. Not here: what the members' clients hear of who comes, which are entries.
 */
import { checked, GarbageError } from "./frames.ts";
import { garbage, profileOf, queryOf } from "./http.ts";
import type { Http } from "./http.ts";
import type { Sent, UserProfile } from "./types.ts";
import type { Asked } from "./wire.gen.ts";

/** Whom a link lets in, and until when. Either `uses` or `approval`. */
export interface LinkTerms {
  /** What it is for, for those who see it in the list. */
  name?: string;
  /** From when on it does not work, in ms since the epoch. */
  expires_at?: number;
  /** How many it lets in; absent, all who come. */
  uses?: number;
  /** Who comes by it only asks to be let in. */
  approval?: boolean;
}

/** A link into a group. */
export interface Link extends LinkTerms {
  /** Its number in the group. */
  link: number;
  /** The secret: whoever has it may come. */
  token: string;
  /** Who made it, and when. */
  by: number;
  made_at: number;
  /** How many came in by it. */
  used: number;
  /** Whether it works now. */
  works: boolean;
}

/** Somebody who came in by a link, with the entry at `seq`. */
export interface Joiner {
  seq: number;
  user: number;
  at: number;
}

/** Somebody who waits to be let in, by a link or without one. */
export interface JoinRequest {
  user: number;
  at: number;
  link?: number;
}

/** What is to be seen of a group before one comes in. */
export interface GroupOutside {
  conv: number;
  name: string;
  description?: string;
  avatar?: string;
  size: number;
  /** Who comes only asks to be let in. */
  approval?: boolean;
  /** How one stands: `outside`, `member`, `waiting`, `declined` or `banned`. */
  state: string;
  /** With `declined`: when one may ask again, in ms since the epoch. */
  again_at?: number;
}

/** By what one comes: a link, or the id of a group that lets everybody ask. */
export type Door = { token: string } | { conv: number };

type Page = { after?: number; limit?: number };

export class Joining {
  readonly #http: Http;
  /** Names for entries and links. */
  readonly #next: () => string;

  constructor(http: Http, next: () => string) {
    this.#http = http;
    this.#next = next;
  }

  async make(conv: number, terms: LinkTerms): Promise<Link> {
    return linkOf(await this.#http.ask("POST", `/v1/groups/${conv}/links`, { client_id: this.#next(), ...terms }));
  }

  async links(conv: number): Promise<{ links: Link[]; users: UserProfile[] }> {
    const { links, users } = await this.#http.ask("GET", `/v1/groups/${conv}/links`);
    return { links: listOf(links, linkOf), users: listOf(users, profileOf) };
  }

  async revoke(conv: number, link: number): Promise<void> {
    await this.#http.ask("DELETE", `/v1/groups/${conv}/links/${link}`);
  }

  async joiners(conv: number, link: number, page: Page): Promise<{ joiners: Joiner[]; users: UserProfile[]; more: boolean }> {
    const { joiners, users, more } = await this.#http.ask("GET", `/v1/groups/${conv}/links/${link}/joiners?${queryOf(page)}`);
    return { joiners: listOf(joiners, joinerOf), users: listOf(users, profileOf), more: more === true };
  }

  async look(door: Door): Promise<GroupOutside> {
    const seen = await this.#http.ask("POST", "/v1/join/look", door);
    if (!isNumber(seen.conv) || !isNumber(seen.size) || typeof seen.name !== "string" || typeof seen.state !== "string") throw garbage();
    return seen as unknown as GroupOutside;
  }

  async join(door: Door): Promise<Asked> {
    return askedOf(await this.#http.ask("POST", "/v1/join", { client_id: this.#next(), ...door }));
  }

  async own(): Promise<Asked[]> {
    return listOf((await this.#http.ask("GET", "/v1/requests")).requests, askedOf);
  }

  async requests(conv: number, page: Page): Promise<{ requests: JoinRequest[]; users: UserProfile[]; more: boolean }> {
    const { requests, users, more } = await this.#http.ask("GET", `/v1/groups/${conv}/requests?${queryOf(page)}`);
    return { requests: listOf(requests, requestOf), users: listOf(users, profileOf), more: more === true };
  }

  async approve(conv: number, user: number): Promise<Sent> {
    const sent = await this.#http.ask("POST", `/v1/groups/${conv}/requests/${user}`, { client_id: this.#next() });
    return shaped("Sent", sent) as unknown as Sent;
  }

  async decline(conv: number, user: number): Promise<void> {
    await this.#http.ask("DELETE", `/v1/groups/${conv}/requests/${user}`);
  }
}

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value);

function listOf<T>(value: unknown, of: (item: unknown) => T): T[] {
  if (!Array.isArray(value)) throw garbage();
  return value.map(of);
}

function shaped(shape: string, value: unknown): Record<string, unknown> {
  try {
    return checked(shape, value);
  } catch (problem) {
    if (problem instanceof GarbageError) throw garbage();
    throw problem;
  }
}

function askedOf(value: unknown): Asked {
  return shaped("Asked", value) as unknown as Asked;
}

function linkOf(value: unknown): Link {
  const link = (value ?? {}) as Record<string, unknown>;
  const numbers = [link.link, link.by, link.made_at, link.used];
  if (!numbers.every(isNumber) || typeof link.token !== "string" || typeof link.works !== "boolean") throw garbage();
  return link as unknown as Link;
}

function joinerOf(value: unknown): Joiner {
  const { seq, user, at } = (value ?? {}) as Record<string, unknown>;
  if (!isNumber(seq) || !isNumber(user) || !isNumber(at)) throw garbage();
  return { seq, user, at };
}

function requestOf(value: unknown): JoinRequest {
  const { user, at, link } = (value ?? {}) as Record<string, unknown>;
  if (!isNumber(user) || !isNumber(at)) throw garbage();
  return { user, at, ...(isNumber(link) ? { link } : {}) };
}
