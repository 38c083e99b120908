/**
 * The handle that an application holds.
 *
 * Owns: what the application can ask and hear. Promises: the same in every tab, whoever owns the
 * connection. Not here: sockets, machines and storage (`engine`), and sharing (`tabs`).
 */
import type { Conversation, ConnectionState, ClientEvents, Outgoing, StorageState } from "./events.ts";
import type { ClientOptions } from "./options.ts";
import type { Entry, HistoryPage, Sent, Session, UserProfile } from "../types.ts";

/** Whom a message is for: a conversation that exists, or the 1:1 conversation with a user. */
export type Target = { conv: number } | { to: number };

/** A request on its way. */
export interface Submission {
  /** Known at once: match the local echo to the entry by it. */
  readonly clientId: string;
  /** Kept on this device: it will be sent, whatever happens to this page. */
  readonly kept: Promise<void>;
  /** On the server's disk. Rejects with a {@link HongyanError} when it was refused. */
  readonly sent: Promise<Sent>;
}

/** One client of one account on one device. */
export class Client {
  /** Opens what is stored, and begins to connect. Resolves before there is a connection. */
  static open(_options: ClientOptions): Promise<Client> {
    throw new Error("not yet");
  }

  /** Where the connection stands. */
  declare readonly connection: ConnectionState;
  /** Who is signed in; null until the first `welcome` ever. */
  declare readonly me: UserProfile | null;
  /** Whether this tab owns the connection. Only the leader shows notifications. */
  declare readonly isLeader: boolean;
  declare readonly storage: StorageState;
  /** The sum over all conversations. */
  declare readonly totalUnread: number;

  /** Listens. Returns what stops it. */
  on<K extends keyof ClientEvents>(_name: K, _listener: (event: ClientEvents[K]) => void): () => void {
    throw new Error("not yet");
  }

  /** The conversations known here, the latest first. */
  conversations(): Conversation[] { throw new Error("not yet"); }
  conversation(_conv: number): Conversation | null { throw new Error("not yet"); }
  /** The 1:1 conversation with a user, where there is one. */
  direct(_user: number): Conversation | null { throw new Error("not yet"); }
  /** A user whose name is known here. */
  profile(_user: number): UserProfile | null { throw new Error("not yet"); }
  /** Requests that the server has not taken yet, in the order of submission, failed ones included. */
  outgoing(): Outgoing[] { throw new Error("not yet"); }

  /** Sends a message; offline, as soon as there is a connection. */
  send(_target: Target, _text: string, _options?: { replyTo?: number; mentions?: number[] }): Submission {
    throw new Error("not yet");
  }
  /** Gives one's own message at `seq` a new text. */
  edit(_conv: number, _seq: number, _text: string): Submission { throw new Error("not yet"); }
  /** Takes one's own message at `seq` back. */
  recall(_conv: number, _seq: number): Submission { throw new Error("not yet"); }
  /** Sends a failed request again. */
  resend(_clientId: string): Promise<void> { throw new Error("not yet"); }
  /** Drops a request that failed or waits. False: it is in flight or gone. */
  discard(_clientId: string): Promise<boolean> { throw new Error("not yet"); }

  /** Everything up to `seq` was read. Shown at once, told to the server when there is a connection. */
  read(_conv: number, _seq: number): void { throw new Error("not yet"); }

  /** Entries kept on this device, ascending: the newest below `before` (or of all), or the oldest
   * above `after`. Edits and recalls are already applied to the messages. */
  cached(_conv: number, _range: { before?: number; after?: number; limit: number }): Promise<Entry[]> {
    throw new Error("not yet");
  }
  /** Every entry kept on this device, newest first within a conversation, in batches: for search. */
  cachedEntries(): AsyncIterable<Entry[]> { throw new Error("not yet"); }
  /** The same from the server. Pages that touch what is kept are kept too. */
  history(_conv: number, _range: { before?: number; after?: number; limit?: number }): Promise<HistoryPage> {
    throw new Error("not yet");
  }

  /** The unsent text of a conversation or of a person (`conv:1`, `to:1001`, or any key). */
  draft(_key: string): string { throw new Error("not yet"); }
  setDraft(_key: string, _text: string): void { throw new Error("not yet"); }

  /** A user by login name. */
  findUser(_login: string): Promise<UserProfile | null> { throw new Error("not yet"); }
  /** A page of all users, by id. */
  users(_page?: { after?: number; limit?: number }): Promise<UserProfile[]> { throw new Error("not yet"); }
  /** One's signed-in devices, the last used first. */
  sessions(): Promise<Session[]> { throw new Error("not yet"); }
  /** Signs another device out. */
  revoke(_session: number): Promise<void> { throw new Error("not yet"); }
  /** Changes one's own name, as others see it. */
  rename(_name: string): Promise<UserProfile> { throw new Error("not yet"); }
  /** Changes one's own password. Every other device is signed out. */
  changePassword(_current: string, _next: string): Promise<void> { throw new Error("not yet"); }
  /** Signs out here, stops, and erases what is stored. */
  logout(): Promise<void> { throw new Error("not yet"); }

  /** Try now: the network is back, or the user is impatient. */
  wake(): void { throw new Error("not yet"); }
  /** The device is on another network. */
  setNetwork(_key: string): void { throw new Error("not yet"); }
  /** Stops. What is in the outbox stays stored for the next client. */
  close(): Promise<void> { throw new Error("not yet"); }
}
