/**
 * Who used this browser last: so that the app opens from what is kept here before, or without, the
 * network.
 *
 * Promises: a session that ended keeps its name for the sign-in page, and opens nothing; one that was signed out from
 * another device leaves nothing here but that it was, and what was lost with it.
 */
import type { UserProfile } from "@hongyan/client";
import { forgetAccount, keep, kept, onKept } from "../model/kept.ts";

const KEY = "account";
const ERASED = "erased";

export interface Account {
  id: number;
  login: string;
  name: string;
  isSignedIn: boolean;
  /** It was not the user who ended the session. */
  wasEnded: boolean;
}

export function lastAccount(): Account | null {
  const found = kept(KEY) as Partial<Record<keyof Account, unknown>> | undefined;
  if (typeof found !== "object" || found === null) return null;
  const { id, login, name, isSignedIn, wasEnded } = found;
  if (typeof id !== "number" || typeof login !== "string" || typeof name !== "string") return null;
  return { id, login, name, isSignedIn: isSignedIn === true, wasEnded: wasEnded === true };
}

export function keepAccount({ id, login, name }: UserProfile): void {
  forgetErased();
  keep(KEY, { id, login, name, isSignedIn: true, wasEnded: false } satisfies Account);
}

/** The session is over, for all tabs: which of them hears first from whom is chance, so the first one says why.
 * What is kept of the account's messages stays for its next session. */
export function endAccount(by: "user" | "server"): void {
  const last = lastAccount();
  if (last?.isSignedIn) keep(KEY, { ...last, isSignedIn: false, wasEnded: by === "server" } satisfies Account);
}

/** The account was signed out from another device, and nothing of it stays here. `unsent` messages went with it. */
export function eraseAccount(id: number, unsent: number): void {
  forgetAccount(String(id));
  keep(ERASED, unsent);
  keep(KEY, undefined);
}

/** How many unsent messages went with an account that was erased here; null where none was. */
export function erasedUnsent(): number | null {
  const unsent = kept(ERASED);
  return typeof unsent === "number" ? unsent : null;
}

/** Somebody signed in since. */
export function forgetErased(): void {
  keep(ERASED, undefined);
}

/** Hears when another tab signs in or out. */
export function onAccount(listener: () => void): () => void {
  return onKept(KEY, listener);
}
