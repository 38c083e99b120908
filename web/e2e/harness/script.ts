/**
 * Somebody's program beside their browser: what the server holds, and messages without a page.
 *
 * Owns: the HTTP calls. Promises: nothing of it goes through the network that a test breaks.
 */
import { PASSWORD } from "./server.ts";
import type { Server, User } from "./server.ts";

interface Entry {
  seq: number;
  from: number;
  body?: { text?: string };
  mentions?: number[];
}

/** People brought into a group. */
const AT_A_TIME = 100;

/** Where a message is. */
export interface Sent {
  conv: number;
  seq: number;
}

export class Script {
  readonly #base: string;
  readonly #token: string;
  readonly id: number;
  readonly #run = Math.random().toString(36).slice(2);
  #sent = 0;

  private constructor(base: string, token: string, id: number) {
    this.#base = base;
    this.#token = token;
    this.id = id;
  }

  static async signIn(server: Server, { login }: User, device = "script"): Promise<Script> {
    const answer = await ask<{ token: string; user: { id: number } }>(`${server.url}/v1/login`, {
      method: "POST",
      body: JSON.stringify({ login, password: PASSWORD, device }),
    });
    return new Script(server.url, answer.token, answer.user.id);
  }

  /** To a person, or into a conversation. */
  async send(to: number | { conv: number }, text: string, options: { replyTo?: number; clientId?: string; mentions?: readonly number[] } = {}): Promise<Sent> {
    this.#sent += 1;
    return this.#ask("/v1/messages", {
      method: "POST",
      body: JSON.stringify({
        ...(typeof to === "number" ? { to } : to),
        client_id: options.clientId ?? `script-${this.#run}-${this.#sent}`,
        body: { type: "text", text },
        reply_to: options.replyTo,
        mentions: options.mentions,
      }),
    });
  }

  /** Makes a group; answers its number. */
  async makeGroup(name: string, users: readonly number[]): Promise<number> {
    const body = (more: object) => JSON.stringify({ client_id: `script-${this.#run}-${(this.#sent += 1)}`, ...more });
    const { conv } = await this.#ask<Sent>("/v1/groups", { method: "POST", body: body({ name, users: users.slice(0, AT_A_TIME) }) });
    for (let from = AT_A_TIME; from < users.length; from += AT_A_TIME) {
      await this.#ask(`/v1/groups/${conv}/members`, { method: "POST", body: body({ users: users.slice(from, from + AT_A_TIME) }) });
    }
    return conv;
  }

  /** Those whose name begins so. */
  async idsOf(beginning: string): Promise<number[]> {
    const { users } = await this.#ask<{ users: { id: number; name: string }[] }>("/v1/users?limit=200", {});
    return users.filter(({ name }) => name.startsWith(beginning)).map(({ id }) => id);
  }

  /** The last seq of a conversation. */
  async headOf(conv: number): Promise<number> {
    return (await this.#ask<{ head: number }>(`/v1/conversations/${conv}/entries?limit=1`, {})).head;
  }

  /** Changes one setting of a group. */
  async setGroup(conv: number, setting: object): Promise<void> {
    await this.#ask(`/v1/groups/${conv}`, { method: "PATCH", body: JSON.stringify({ client_id: `script-${this.#run}-${(this.#sent += 1)}`, ...setting }) });
  }

  /** Mutes a member until a time. */
  async mute(conv: number, user: number, until: number): Promise<void> {
    await this.#ask(`/v1/groups/${conv}/mutes`, { method: "POST", body: JSON.stringify({ client_id: `script-${this.#run}-${(this.#sent += 1)}`, user, until }) });
  }

  /** Takes a message back. */
  async recall({ conv, seq }: Sent): Promise<void> {
    await this.#ask(`/v1/conversations/${conv}/entries/${seq}`, { method: "DELETE" });
  }

  async read({ conv, seq }: Sent): Promise<void> {
    await this.#ask(`/v1/conversations/${conv}/read`, { method: "POST", body: JSON.stringify({ seq }) });
  }

  /** The texts of a conversation as the server has them. */
  async texts(conv = 1): Promise<string[]> {
    const { entries } = await this.#ask<{ entries: Entry[] }>(`/v1/conversations/${conv}/entries?limit=200`, {});
    return entries.map((entry) => entry.body?.text ?? "");
  }

  /** Whom each entry of a conversation mentions. */
  async mentions(conv = 1): Promise<number[][]> {
    const { entries } = await this.#ask<{ entries: Entry[] }>(`/v1/conversations/${conv}/entries?limit=200`, {});
    return entries.map((entry) => entry.mentions ?? []);
  }

  /** The ids of whom letters find. */
  async found(typed: string): Promise<number[]> {
    const { users } = await this.#ask<{ users: { id: number }[] }>(`/v1/users?q=${encodeURIComponent(typed)}`, {});
    return users.map(({ id }) => id);
  }

  /** Signs every other device out. */
  async endOtherSessions(): Promise<void> {
    const { sessions } = await this.#ask<{ sessions: { session: number; current: boolean }[] }>("/v1/sessions", {});
    for (const { session, current } of sessions) {
      if (!current) await this.#ask(`/v1/sessions/${session}`, { method: "DELETE" });
    }
  }

  /** How many conversations there are. */
  async conversations(): Promise<number> {
    const { conversations } = await this.#ask<{ conversations: unknown[] }>("/v1/conversations", {});
    return conversations.length;
  }

  async rename(name: string): Promise<void> {
    await this.#ask("/v1/me", { method: "PATCH", body: JSON.stringify({ name }) });
  }

  #ask<T>(path: string, init: RequestInit): Promise<T> {
    return ask(this.#base + path, { ...init, headers: { authorization: `Bearer ${this.#token}` } });
  }
}

async function ask<T>(url: string, init: RequestInit): Promise<T> {
  const headers = new Headers(init.headers);
  headers.set("content-type", "application/json");
  const answer = await fetch(url, { ...init, headers });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
