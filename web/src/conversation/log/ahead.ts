/**
 * Reads what is likely to be opened next, so that it opens at once: the ends of the logs at the top of the list.
 *
 * Promises: one at a time, when the page has nothing else to do. Not here: keeping them (the client).
 */
import type { Client } from "@hongyan/client";
import { PAGE } from "./view.ts";

/** Conversations: some screens full of the list. */
const AHEAD = 60;
/** However busy the page is, in ms. */
const LATEST_MS = 2000;

/** Ends early once `signal` says so. */
export async function readAhead(client: Pick<Client, "conversations" | "cached">, signal: AbortSignal): Promise<void> {
  for (const { conv } of client.conversations().slice(0, AHEAD)) {
    await idle();
    if (signal.aborted) return;
    await client.cached(conv, { limit: 2 * PAGE });
  }
}

function idle(): Promise<void> {
  return new Promise((resolve) => {
    // Safari has no idle callbacks.
    if (typeof requestIdleCallback === "function") requestIdleCallback(() => resolve(), { timeout: LATEST_MS });
    else setTimeout(resolve, 50);
  });
}
