/** How a client is set up. Everything but the server has a default. */
import type { Storage } from "../storage/storage.ts";

/** See {@link Client.open}. */
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
}
