/** How a client is set up. Everything but the server has a default. */
import type { EngineOptions } from "../engine/engine.ts";
import type { WebSocketClass } from "../engine/link.ts";
import { IndexedDbStorage } from "../storage/indexeddb.ts";
import { MemoryStorage } from "../storage/memory.ts";
import type { Storage } from "../storage/storage.ts";

/** See `Client.open`. */
export interface ClientOptions {
  /** The server's URL: `https://host`, `http://host:port`, with a path if it is behind one. */
  server: string;
  /** A session's token. Absent in a browser that signed in with a cookie. */
  token?: string;
  /** Names what is stored and which tabs belong together: one for each account. Default `default`. */
  account?: string;
  /** Where state is kept. Default: IndexedDB where there is one, memory elsewhere. */
  storage?: Storage;
  /** Share one connection with other tabs. Default: where Web Locks and BroadcastChannel exist. */
  tabs?: boolean;
  /** Where a log begins on a new device: at its last entries, or at the first. Default `recent`. */
  start?: "recent" | "everything";
  /** Entries kept for each conversation; older ones are read from the server. Default 2000. */
  keepEntries?: number;
  /** The program's name and version, for the list of devices. At most 128 bytes. */
  clientName?: string;
  /** What the network is called for the heartbeat's memory, such as `wifi:home`. */
  network?: string;
  /** The WebSocket class, where there is none built in: Node before 22 has none; the package `ws` does. */
  webSocket?: WebSocketClass;
}

/** Options without anything left open. */
export interface Settled extends EngineOptions {
  account: string;
  storage: Storage;
  tabs: boolean;
}

/** Fills in what is not said. Throws where a choice cannot be made. */
export function settle(options: ClientOptions): Settled {
  const Socket = options.webSocket ?? globalThis.WebSocket;
  if (Socket === undefined) {
    throw new TypeError("there is no WebSocket here: pass `webSocket`, such as the one of the package ws");
  }
  const keepEntries = options.keepEntries ?? 2000;
  if (!Number.isSafeInteger(keepEntries) || keepEntries < 1) throw new RangeError("keepEntries is no count");
  return {
    server: options.server,
    ...(options.token === undefined ? {} : { token: options.token }),
    account: options.account ?? "default",
    storage: options.storage ?? (typeof indexedDB === "undefined" ? new MemoryStorage() : new IndexedDbStorage()),
    tabs: (options.tabs ?? true) && canShare(),
    start: options.start ?? "recent",
    keepEntries,
    clientName: options.clientName ?? "hongyan-js/0.1.0",
    network: options.network ?? "",
    WebSocket: Socket,
  };
}

function canShare(): boolean {
  return typeof BroadcastChannel !== "undefined" && typeof navigator !== "undefined" && navigator.locks !== undefined;
}
