/** Types of the server's answers that are not frames, beside those that are. */
export type * from "./wire.gen.ts";
import type { Entry, UserProfile } from "./wire.gen.ts";

/** A stretch of a log, ascending and without holes. */
export interface HistoryPage {
  conv: number;
  entries: Entry[];
  /** The log's last seq. */
  head: number;
  /** The log goes on in the direction that was asked for. */
  more: boolean;
}

/** One signed-in device of the caller. */
export interface Session {
  session: number;
  device: string;
  client?: string;
  created_at: number;
  seen_at: number;
  expires_at: number;
  /** The one that asks. */
  current: boolean;
}

/** What a successful sign-in gives. */
export interface SignedIn {
  /** Absent when it went into a cookie. */
  token?: string;
  session: number;
  user: UserProfile;
  expires_at: number;
}
