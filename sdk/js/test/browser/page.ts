/** What the browser tests run inside a page: the client as it is built, and the storage contract. */
import { IndexedDbStorage } from "../../src/storage/indexeddb.ts";
import { Client } from "../../src/index.ts";
import type { ConnectionState, Conversation, Draft, Outgoing, StorageState } from "../../src/index.ts";
import { CONTRACT } from "../storage/contract.ts";

/** What a test may ask of a page. */
export interface Page {
  /** The names of the contract's checks. */
  checks(): string[];
  /** Runs one on IndexedDB. */
  check(name: string): Promise<void>;
  open(server: string, token: string): Promise<void>;
  close(): Promise<void>;
  /** Resolves when the message is kept. */
  send(to: number, text: string): Promise<void>;
  texts(conv: number): Promise<string[]>;
  /** Every seq that is kept, as a search goes through them. */
  all(): Promise<number[]>;
  setDraft(key: string, draft: Draft): void;
  draft(key: string): Draft;
  view(): { connection: ConnectionState; isLeader: boolean; conversations: Conversation[]; outgoing: Outgoing[]; told: number[]; storage: StorageState };
}

let client: Client | null = null;
const told: number[] = [];

function opened(): Client {
  if (client === null) throw new Error("no client is open");
  return client;
}

const page: Page = {
  checks: () => Object.keys(CONTRACT),
  check: async (name) => {
    await CONTRACT[name]?.(async (database) => {
      const storage = new IndexedDbStorage();
      await storage.open(`contract ${name} ${database}`);
      return storage;
    });
  },
  open: async (server, token) => {
    client = await Client.open({ server, token, account: "tabs" });
    client.on("entry", ({ seq }) => told.push(seq));
  },
  close: () => opened().close(),
  send: (to, text) => opened().send({ to }, text).kept,
  texts: async (conv) => (await opened().cached(conv, { limit: 1000 })).map(({ body }) => body?.text ?? ""),
  all: async () => {
    const seqs: number[] = [];
    for await (const batch of opened().cachedEntries()) seqs.push(...batch.map(({ seq }) => seq));
    return seqs;
  },
  setDraft: (key, draft) => opened().setDraft(key, draft),
  draft: (key) => opened().draft(key),
  view: () => ({
    connection: opened().connection,
    isLeader: opened().isLeader,
    conversations: opened().conversations(),
    outgoing: opened().outgoing(),
    told,
    storage: opened().storage,
  }),
};

Object.assign(globalThis, { page });
