/** What to say about the connection: pure, so that every state can be tested. */
import type { ConnectionState, StorageState } from "@hongyan/client";
import { w } from "./words.ts";

export interface Notice {
  tone: "info" | "warn" | "danger";
  text: string;
  /** What it means for who writes. */
  hint?: string;
  /** When the next attempt begins, in ms since the epoch. */
  retryAt?: number;
  action?: "retry" | "reload";
  /** An attempt, which may be over in a moment. */
  isAttempt?: boolean;
  /** Shows at once. */
  isLasting?: boolean;
}

/** Null: nothing to say. */
export function noticeOf(state: ConnectionState): Notice | null {
  switch (state.kind) {
    case "online":
      return state.caughtUp ? null : { tone: "info", text: w.catchingUp };
    case "connecting":
      return { tone: "info", text: state.attempt > 1 ? w.connectingAgain : w.connecting, isAttempt: true };
    case "waiting":
      return waiting(state);
    case "stopped":
      return stopped(state.reason);
  }
}

function waiting(state: Extract<ConnectionState, { kind: "waiting" }>): Notice {
  if (state.networkDown) return { tone: "warn", text: w.networkDown, hint: w.networkDownHint, action: "retry" };
  const { reason, retryAt } = state;
  const action = "retry";
  if (reason.kind === "garbage") return { tone: "danger", text: w.garbage, retryAt, action };
  if (reason.kind === "closed" && reason.text === "overloaded") return { tone: "warn", text: w.busy, retryAt, action };
  if (reason.kind === "closed" && reason.text === "shutdown") return { tone: "warn", text: w.restarting, retryAt, action };
  return { tone: "warn", text: w.waiting, retryAt, action };
}

function stopped(reason: Extract<ConnectionState, { kind: "stopped" }>["reason"]): Notice | null {
  if (reason.kind !== "refused") return null;
  const text = reason.code === TOO_MANY_CONNECTIONS ? w.tooMany : w.refused(reason.code);
  return { tone: "danger", text, action: "reload", isLasting: true };
}

const TOO_MANY_CONNECTIONS = 4005;

/** Null: what is written here is kept, and so is who is signed in. `isPassing`: the sign-in ends with the page. */
export function storageNotice(storage: StorageState, isPassing: boolean): Notice | null {
  if (storage.isSilent) return { tone: "warn", text: isPassing ? w.nothingKept : w.storageSilent, ...(!isPassing && { action: "reload" }) };
  if (storage.problem !== undefined || storage.kind === "memory") return { tone: "warn", text: isPassing ? w.nothingKept : w.storage };
  return isPassing ? { tone: "warn", text: w.passing } : null;
}
