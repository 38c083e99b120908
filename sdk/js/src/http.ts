/**
 * The server's plain HTTP requests: signing in and out, finding people, and one's own account.
 *
 * Promises: every answer is checked; none is waited for longer than {@link TIMEOUT}. With a token the
 * request carries it and no cookie; without, the browser's cookie.
 */
import { HongyanError } from "./errors.ts";
import { checked, GarbageError } from "./frames.ts";
import type { Entry, FoundUsers, MentionsPage, PresenceSettings, Session, SignedIn, UserPage, UserProfile } from "./types.ts";

/** From the request to the end of the answer, in ms. */
const TIMEOUT = 10_000;

export interface LoginOptions {
  server: string;
  login: string;
  password: string;
  /** Names the device: its next sign-in replaces this one. */
  device?: string;
  client?: string;
  /** What an earlier sign-in on this device gave. */
  deviceSecret?: string;
  /** Keep the token in a cookie that scripts cannot read: for pages of the server's own origin, or of one of
   * the same site that the server allows. */
  cookie?: boolean;
}

/** Signs in. Rejects with a {@link HongyanError}. */
export async function login(options: LoginOptions): Promise<SignedIn> {
  const { server, deviceSecret, ...rest } = options;
  const body = deviceSecret === undefined ? rest : { ...rest, device_secret: deviceSecret };
  const answer = await new Http(server, undefined, options.cookie === true).ask("POST", "/v1/login", body);
  const { token, session, expires_at, device_secret } = answer;
  if (!Number.isSafeInteger(session) || !Number.isSafeInteger(expires_at)) throw garbage();
  return {
    ...(typeof token === "string" ? { token } : {}),
    session: session as number,
    user: profileOf(answer.user),
    expires_at: expires_at as number,
    ...(typeof device_secret === "string" ? { device_secret } : {}),
  };
}

/** Who is signed in, by cookie or token; null when nobody is. */
export async function whoAmI(options: { server: string; token?: string }): Promise<UserProfile | null> {
  try {
    return await new Http(options.server, options.token).me();
  } catch (problem) {
    if (problem instanceof HongyanError && problem.code === "unauthenticated") return null;
    throw problem;
  }
}

/** The server's HTTP side, for one account. */
export class Http {
  readonly #base: URL;
  readonly #token: string | undefined;
  readonly #byCookie: boolean;

  /** Without a token it is the browser's cookie that says who asks, unless nobody does. */
  constructor(server: string, token?: string, byCookie = token === undefined) {
    this.#base = serverUrl(server);
    this.#token = token;
    this.#byCookie = byCookie;
  }

  async me(): Promise<UserProfile> {
    return profileOf((await this.ask("GET", "/v1/me")).user);
  }

  async users(query: { after?: number; limit?: number; login?: string }): Promise<UserProfile[]> {
    const { users } = await this.ask("GET", `/v1/users?${queryOf(query)}`);
    if (!Array.isArray(users)) throw garbage();
    return users.map(profileOf);
  }

  async searchUsers(typed: string, limit?: number, signal?: AbortSignal): Promise<FoundUsers> {
    const query = new URLSearchParams({ q: typed, ...(limit === undefined ? {} : { limit: String(limit) }) });
    return foundOf(await this.ask("GET", `/v1/users?${query}`, undefined, signal));
  }

  async reactors(conv: number, seq: number, value: string, page: { after?: number; limit?: number }): Promise<UserPage> {
    const path = `/v1/conversations/${conv}/entries/${seq}/reactions/${encodeURIComponent(value)}`;
    return userPageOf(await this.ask("GET", `${path}?${queryOf(page)}`));
  }

  async readers(conv: number, seq: number, page: { after?: number; limit?: number; unread?: boolean }): Promise<UserPage> {
    return userPageOf(await this.ask("GET", `/v1/conversations/${conv}/entries/${seq}/readers?${queryOf(page)}`));
  }

  async setBlock(user: number, on: boolean): Promise<void> {
    await this.ask(on ? "PUT" : "DELETE", `/v1/blocks/${user}`);
  }

  async blocked(page: { after?: number; limit?: number }): Promise<UserPage> {
    return userPageOf(await this.ask("GET", `/v1/blocks?${queryOf(page)}`));
  }

  async mentions(page: { before?: string; limit?: number }): Promise<MentionsPage> {
    const { entries, users, before } = await this.ask("GET", `/v1/mentions?${queryOf(page)}`);
    if (!Array.isArray(entries) || !Array.isArray(users)) throw garbage();
    return { entries: entries.map(entryOf), users: users.map(profileOf), ...(typeof before === "string" ? { before } : {}) };
  }

  async sessions(): Promise<Session[]> {
    const { sessions } = await this.ask("GET", "/v1/sessions");
    if (!Array.isArray(sessions)) throw garbage();
    return sessions as Session[];
  }

  async closeSession(session: number): Promise<void> {
    await this.ask("DELETE", `/v1/sessions/${session}`);
  }

  async rename(name: string): Promise<UserProfile> {
    return profileOf((await this.ask("PATCH", "/v1/me", { name })).user);
  }

  async presenceSettings(): Promise<PresenceSettings> {
    return settingsOf(await this.ask("GET", "/v1/me"));
  }

  async setPresence({ lastSeen, invisible }: Partial<PresenceSettings>): Promise<PresenceSettings> {
    const change = { ...(lastSeen === undefined ? {} : { last_seen: lastSeen }), ...(invisible === undefined ? {} : { invisible }) };
    return settingsOf(await this.ask("PATCH", "/v1/me", change));
  }

  async changePassword(current: string, next: string): Promise<void> {
    await this.ask("POST", "/v1/password", { current, new: next });
  }

  async logout(): Promise<void> {
    await this.ask("POST", "/v1/logout");
  }

  /** The object that a request is answered with; empty for an answer without one. */
  async ask(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const failed = (problem: unknown): never => (signal?.aborted === true ? aborted() : unreachable(problem));
    const response = await this.#fetch(method, path, body, signal).catch(failed);
    const text = await response.text().catch(failed);
    const answer = parse(text);
    if (response.ok) return answer;
    throw refusal(response.status, answer);
  }

  async #fetch(method: string, path: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> {
    const inTime = AbortSignal.timeout(TIMEOUT);
    return fetch(new URL(`${this.#base.pathname}${path.slice(1)}`, this.#base), {
      method,
      headers: {
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
        ...(this.#token === undefined ? {} : { Authorization: `Bearer ${this.#token}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      // To the server of another origin as well, where that allows it.
      credentials: this.#byCookie ? "include" : "omit",
      redirect: "error",
      cache: "no-store",
      signal: signal === undefined ? inTime : either(inTime, signal),
    });
  }
}

/** The server's URL, with a path that ends in a slash, before which nothing is asked for. */
export function serverUrl(server: string): URL {
  const url = new URL(server);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError(`${server} is no http URL`);
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

/** Aborts when one of both does. `AbortSignal.any` is too new for some browsers. */
function either(one: AbortSignal, other: AbortSignal): AbortSignal {
  const both = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) both.abort(signal.reason);
    signal.addEventListener("abort", () => both.abort(signal.reason), { once: true, signal: both.signal });
  }
  return both.signal;
}

function settingsOf({ last_seen, invisible }: Record<string, unknown>): PresenceSettings {
  return { lastSeen: last_seen === "nobody" ? "nobody" : "everybody", invisible: invisible === true };
}

/** What of a query is said. */
export function queryOf(query: Record<string, number | string | boolean | undefined>): URLSearchParams {
  const said = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(said.map(([name, value]) => [name, String(value)]));
}

export function userPageOf({ users, more }: Record<string, unknown>): UserPage {
  if (!Array.isArray(users)) throw garbage();
  return { users: users.map(profileOf), more: more === true };
}

function foundOf({ users, marks, more }: Record<string, unknown>): FoundUsers {
  if (!Array.isArray(users) || !Array.isArray(marks) || marks.length !== users.length) throw garbage();
  const found = users.map((value, at) => {
    const user = profileOf(value);
    return { user, marks: marksOf(user.name, marks[at]) };
  });
  return { users: found, more: more === true };
}

/** The server counts code points, a string's own places are in UTF-16. */
function marksOf(name: string, marks: unknown): [from: number, to: number][] {
  const places = [0];
  for (const sign of name) places.push(places.at(-1)! + sign.length);
  if (!Array.isArray(marks)) throw garbage();
  return marks.map((mark: unknown) => {
    const [from, to] = Array.isArray(mark) ? (mark as unknown[]) : [];
    const begin = places[from as number];
    const end = places[to as number];
    if (begin === undefined || end === undefined || begin > end) throw garbage();
    return [begin, end];
  });
}

export function profileOf(value: unknown): UserProfile {
  return shaped<UserProfile>("UserProfile", value);
}

function entryOf(value: unknown): Entry {
  return shaped<Entry>("Entry", value);
}

function shaped<T>(shape: string, value: unknown): T {
  try {
    return checked(shape, value) as T;
  } catch (problem) {
    if (problem instanceof GarbageError) throw garbage();
    throw problem;
  }
}

function parse(text: string): Record<string, unknown> {
  if (text === "") return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  return {};
}

function refusal(status: number, answer: Record<string, unknown>): HongyanError {
  try {
    const { code, message, retry_after_ms } = checked("Failure", answer.error);
    return new HongyanError(code as string, message as string, (retry_after_ms as number | undefined) ?? null);
  } catch {
    if (status === 401) return new HongyanError("unauthenticated", "not signed in");
    return new HongyanError("unreachable", `the server answered with HTTP ${status}`, 1000);
  }
}

function unreachable(problem: unknown): never {
  const text = problem instanceof Error ? problem.message : String(problem);
  throw new HongyanError("unreachable", `the server cannot be reached: ${text}`, 1000);
}

function aborted(): never {
  throw new HongyanError("aborted", "nobody waits for the answer any more");
}

export function garbage(): HongyanError {
  return new HongyanError("unreachable", "the answer is not one of a Hongyan server", 1000);
}
