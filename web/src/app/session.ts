/**
 * From "nobody is signed in" to an open client, and back.
 *
 * whoAmI, the sign-in page → **session** → `Client.open` → the app
 *
 * Owns: the client of this tab. Promises: where an account was signed in before, the app opens from
 * what is kept here, without waiting for the server; a session that ends leads to the sign-in page
 * and erases nothing, unless it was signed out from another device: then nothing stays. Where the browser keeps no
 * cookie, the session lives as long as the page. Not here: how it looks (`App`), and the sign-in form.
 */
import { createSignal } from "solid-js";
import { Client, HongyanError, login, whoAmI } from "@hongyan/client";
import type { ConnectionState, UserProfile } from "@hongyan/client";
import { endAccount, eraseAccount, erasedUnsent, forgetErased, keepAccount, lastAccount, onAccount } from "./account.ts";
import { go } from "./route.ts";

/** Why the sign-in page shows. */
export type SignedOutReason =
  /** The session ended: by its age, or because this browser signed in anew. */
  | "ended"
  /** It was signed out from another device, and what was kept here was erased. */
  | "erased"
  /** The server could not be asked, and nobody was signed in here before. */
  | "unreachable"
  /** What is kept here could not be opened. */
  | "broken";

export type SessionState =
  | { kind: "starting" }
  | { kind: "signed_out"; reason: SignedOutReason | null; login: string }
  /** `isPassing`: it ends with this page. */
  | { kind: "open"; client: Client; account: string; isPassing: boolean };

/** Messages of one conversation that this browser keeps: search and long scrolls find them. */
const KEEP_ENTRIES = 100_000;

export const SERVER = typeof location === "undefined" ? "" : location.origin;
export const CLIENT_NAME = `hongyan-web/${__VERSION__}`;

const [session, setSession] = createSignal<SessionState>({ kind: "starting" });
/** Reactive. */
export { session };

/** Whose address this tab has: another one's is nothing to who signs in next. */
let addressOf: number | null = null;

/** Begins: from what is kept here, else by asking the server. */
export async function start(): Promise<void> {
  onAccount(() => void follow());
  const last = lastAccount();
  addressOf = last?.id ?? null;
  if (last?.isSignedIn) await open(last.id);
  else await askServer();
}

/** Asks the server who is signed in, and opens the client or the sign-in page. */
export async function askServer(): Promise<void> {
  const login = lastAccount()?.login ?? "";
  try {
    const user = await whoAmI({ server: SERVER });
    if (user === null) setSession({ kind: "signed_out", reason: null, login });
    else {
      keepAccount(user);
      await open(user.id);
    }
  } catch (error) {
    const isNetwork = error instanceof HongyanError;
    setSession({ kind: "signed_out", reason: isNetwork ? "unreachable" : "broken", login });
  }
}

/** Signs in, and opens the client. Rejects with what the server answers. */
export async function signIn(who: { login: string; password: string; device: string }): Promise<void> {
  const asked = { server: SERVER, client: CLIENT_NAME, ...who };
  if (navigator.cookieEnabled) {
    const { user } = await login({ ...asked, cookie: true });
    if (await keepsCookie(user)) {
      keepAccount(user);
      return open(user.id);
    }
  }
  // Scripts can read this token, and nothing keeps it. No other tab goes along: it could not sign in with it.
  const { user, token } = await login(asked);
  forgetErased();
  await open(user.id, token);
}

/** Whether the browser has taken the session's cookie, which scripts cannot see. */
async function keepsCookie(user: UserProfile): Promise<boolean> {
  try {
    return (await whoAmI({ server: SERVER }))?.id === user.id;
  } catch {
    // The network went meanwhile, which says nothing of cookies.
    return true;
  }
}

/** Signs out, and erases what is kept here. Rejects when the server could not be told. */
export async function signOut(): Promise<void> {
  const current = session();
  if (current.kind !== "open") return;
  const { me } = current.client;
  // First, so that other tabs know why their connection ends.
  endAccount("user");
  try {
    await current.client.logout();
  } catch (error) {
    if (me !== null) keepAccount(me);
    throw error;
  }
  leave();
}

async function open(user: number, token?: string): Promise<void> {
  await closeClient();
  if (addressOf !== null && addressOf !== user) go({ page: "home" });
  addressOf = user;
  try {
    const client = await Client.open({
      server: SERVER,
      account: String(user),
      keepEntries: KEEP_ENTRIES,
      clientName: CLIENT_NAME,
      ...(token !== undefined && { token }),
    });
    client.on("connection", (state) => onConnection(client, state));
    // Another session object, and everything is drawn anew from what the client has.
    client.on("reset", () => {
      const current = session();
      if (current.kind === "open" && current.client === client) setSession({ ...current });
    });
    client.on("me", (me) => lastAccount()?.isSignedIn && keepAccount(me));
    setSession({ kind: "open", client, account: String(user), isPassing: token !== undefined });
    onConnection(client, client.connection);
  } catch (error) {
    console.error(error);
    setSession({ kind: "signed_out", reason: "broken", login: lastAccount()?.login ?? "" });
  }
}

function onConnection(client: Client, state: ConnectionState): void {
  const current = session();
  if (state.kind !== "stopped" || current.kind !== "open" || current.client !== client) return;
  if (state.reason.kind === "signed_out") {
    const { erased } = state.reason;
    if (erased === undefined) endAccount("server");
    // Who signs out here needs no telling, whichever comes first: the answer, or the end of the connection.
    else if (lastAccount()?.isSignedIn) eraseAccount(Number(current.account), erased.unsent);
    leave(erased === undefined);
  }
  // The cookie is of somebody who signed in since, in another tab or on another page.
  if (state.reason.kind === "other_user") void askServer();
}

/** Another tab signed in or out: this one goes along, as they share the cookie. */
async function follow(): Promise<void> {
  const current = session();
  const last = lastAccount();
  if (last === null || !last.isSignedIn) {
    if (current.kind === "open") leave();
  } else if (current.kind !== "open" || current.account !== String(last.id)) {
    await open(last.id);
  }
}

/** The session of this browser is over. */
function leave(isEnded = false): void {
  void closeClient();
  const last = lastAccount();
  const reason = erasedUnsent() !== null ? "erased" : isEnded || last?.wasEnded ? "ended" : null;
  setSession({ kind: "signed_out", reason, login: last?.login ?? "" });
}

async function closeClient(): Promise<void> {
  const current = session();
  if (current.kind !== "open") return;
  setSession({ kind: "starting" });
  await current.client.close().catch((error: unknown) => console.error(error));
}
