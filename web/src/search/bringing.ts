/**
 * The bringing of older messages that the user asked for: it goes on while they do something else.
 *
 * Promises: one at a time for an account, which ends with the account's client.
 */
import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client } from "@hongyan/client";
import { bringOlder } from "./older.ts";

/** Messages at a press: some minutes at most, and some MB of storage. */
const MOST = 10_000;
/** Messages after which what is searched is searched again. */
const STEP = 1_000;

export type BringingState =
  | { kind: "idle" }
  | { kind: "going"; messages: number }
  | { kind: "failed"; messages: number }
  /** `since`: from when on everything is here; null: everything is. */
  | { kind: "done"; messages: number; since: number | null };

export interface Bringing {
  state: Accessor<BringingState>;
  /** Grows when there is more to search. */
  steps: Accessor<number>;
  start(): void;
  stop(): void;
}

const made = new WeakMap<Client, Bringing>();

/** The same as long as the client lives. */
export function bringingOf(client: Client): Bringing {
  let bringing = made.get(client);
  if (bringing === undefined) made.set(client, (bringing = createBringing(client)));
  return bringing;
}

function createBringing(client: Client): Bringing {
  const [state, setState] = createSignal<BringingState>({ kind: "idle" });
  const [steps, setSteps] = createSignal(0);
  let wanted = new AbortController();

  async function start(): Promise<void> {
    if (state().kind === "going") return;
    wanted = new AbortController();
    let messages = 0;
    setState({ kind: "going", messages });
    const tell = (count: number): void => {
      if (Math.floor(count / STEP) > Math.floor(messages / STEP)) setSteps((n) => n + 1);
      messages = count;
      setState({ kind: "going", messages });
    };
    try {
      const brought = await bringOlder(client, MOST, wanted.signal, tell);
      // Ended before anything was asked for, it has learnt nothing either.
      setState(wanted.signal.aborted && brought.messages === 0 ? { kind: "idle" } : { kind: "done", ...brought });
    } catch {
      setState({ kind: "failed", messages });
    }
    setSteps((n) => n + 1);
  }
  return { state, steps, start: () => void start(), stop: () => wanted.abort() };
}
