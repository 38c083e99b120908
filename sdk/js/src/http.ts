/** The server's plain HTTP requests: signing in and out, and finding people. */
import type { SignedIn, UserProfile } from "./types.ts";

export interface LoginOptions {
  server: string;
  login: string;
  password: string;
  /** Names the device: its next sign-in replaces this one. */
  device?: string;
  client?: string;
  /** Keep the token in a cookie that scripts cannot read: for browsers on the server's own origin. */
  cookie?: boolean;
}

/** Signs in. Rejects with a {@link HongyanError}. */
export function login(_options: LoginOptions): Promise<SignedIn> {
  throw new Error("not yet");
}

/** Who is signed in, by cookie or token; null when nobody is. */
export function whoAmI(_options: { server: string; token?: string }): Promise<UserProfile | null> {
  throw new Error("not yet");
}
