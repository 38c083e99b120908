/** What became of the connection: a log for people, and how long breaks lasted. */
import type { Client, ConnectionState } from "@hongyan/client";
import { createRing } from "./ring.ts";

export interface Logged {
  at: number;
  text: string;
}

const log = createRing<Logged>(50);
const breaks = createRing<number>(50);
let brokeAt: number | null = null;
let last = "";

/** Notes what the client tells. Returns what stops it. */
export function watchConnection(client: Client): () => void {
  note(client.connection, Date.now());
  const stops = [
    client.on("connection", (state) => note(state, Date.now())),
    client.on("leader", (isLeader) => log.add({ at: Date.now(), text: isLeader ? "this tab owns the connection" : "another tab owns the connection" })),
    client.on("storage", (storage) => log.add({ at: Date.now(), text: `storage ${storage.kind} ${storage.problem ?? ""}`.trim() })),
    client.on("garbage", ({ problem, count }) => log.add({ at: Date.now(), text: `no frame (${count}): ${problem}` })),
  ];
  return () => stops.forEach((stop) => stop());
}

/** Notes one state. */
export function note(state: ConnectionState, at: number): void {
  const text = describe(state);
  if (text !== last) log.add({ at, text });
  last = text;
  if (state.kind === "waiting") brokeAt ??= at;
  if (state.kind === "online" && brokeAt !== null) {
    breaks.add(at - brokeAt);
    brokeAt = null;
  }
}

/** One state in words: for a log, so in English only. */
export function describe(state: ConnectionState): string {
  switch (state.kind) {
    case "connecting":
      return `connecting, attempt ${state.attempt}`;
    case "online":
      return state.caughtUp ? "online, caught up" : "online";
    case "waiting": {
      const { reason } = state;
      const why = reason.kind === "closed" ? `closed ${reason.code} ${reason.text}` : reason.kind === "garbage" ? `garbage: ${reason.problem}` : reason.kind;
      return `waiting, attempt ${state.attempt}: ${why}${state.networkDown ? ", network down" : ""}`;
    }
    case "stopped":
      return `stopped: ${state.reason.kind}${"code" in state.reason ? ` ${state.reason.code}` : ""}`;
  }
}

/** The last fifty, the oldest first. */
export const connectionLog = (): readonly Logged[] => log.all();
/** From the break to being online again, in ms. */
export const breakTimes = (): readonly number[] => breaks.all();
