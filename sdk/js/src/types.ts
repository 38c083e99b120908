/** Types of the server's answers that are not frames, beside those that are. */
export type * from "./wire.gen.ts";
import type { UserProfile, Who, Window } from "./wire.gen.ts";

/** One setting of a group: an empty description is none; `history` with `history_days` where it is `days`; `slow_s` is how many
 * seconds a member waits between two messages, 0 for none; `pin` is who may pin messages. `keep_days` and `keep_entries` say how much is kept,
 * 0 for all; they are the owner's. What is not kept is gone for good. */
export type GroupSetting =
  | { name: string }
  | { description: string }
  | { post: Who }
  | { invite: Who }
  | { history: Window; history_days?: number }
  | { slow_s: number }
  | { ask: boolean }
  | { pin: Who }
  | { keep_days: number }
  | { keep_entries: number };

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

/** What others see of a user's presence. */
export interface PresenceSettings {
  /** Who sees when the user was last there. */
  lastSeen: "everybody" | "nobody";
  invisible: boolean;
}

/** A page of users, by id. */
export interface UserPage {
  users: UserProfile[];
  /** There are others behind the last. */
  more: boolean;
}

/** Whom a search found. */
export interface FoundUsers {
  /** The best match first. */
  users: FoundUser[];
  /** There may be others; more letters find them. */
  more: boolean;
}

export interface FoundUser {
  user: UserProfile;
  /** The parts of the name that fit, as places in the string, ascending. None where the login name did. */
  marks: [from: number, to: number][];
}

/** What a successful sign-in gives. */
export interface SignedIn {
  /** Absent when it went into a cookie. */
  token?: string;
  session: number;
  user: UserProfile;
  expires_at: number;
  /** To be kept on this device and given at its next sign-in, also after signing out: then strangers who guess
   * passwords do not lock it out. Absent when it went into a cookie. */
  device_secret?: string;
}
