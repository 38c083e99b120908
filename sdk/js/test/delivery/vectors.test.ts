/** The machines do what the shared scripts say, event by event. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Append } from "../../src/delivery/outbox.ts";
import { Incoming } from "../../src/delivery/incoming/incoming.ts";
import { INCOMING_POLICY } from "../../src/delivery/incoming/types.ts";
import type { IncomingAction } from "../../src/delivery/incoming/types.ts";
import { Outbox } from "../../src/delivery/outbox.ts";
import type { OutboxAction } from "../../src/delivery/outbox.ts";
import { decode } from "../../src/frames.ts";
import type { Failure, Sent } from "../../src/wire.gen.ts";

interface Step {
  at: number;
  event: string | Record<string, any>;
  actions: unknown[];
  next_deadline: number | null;
}

function scripts(name: string): { name: string; steps: Step[] }[] {
  const url = new URL(`../../../../crates/delivery/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}

/** The scripts count chance in parts of 2^64. */
const CHANCE = 2 ** 64;

describe("incoming", () => {
  for (const { name, steps } of scripts("incoming")) {
    test(name, () => {
      let incoming = new Incoming();
      for (const { at, event, actions, next_deadline } of steps) {
        const out: IncomingAction[] = [];
        if (event === "restart") incoming = new Incoming(INCOMING_POLICY, incoming.snapshot());
        else if (event === "disconnected") incoming.disconnected();
        else if (event === "flush") incoming.flush(out);
        else if (event === "tick") incoming.tick(at, out);
        else take(incoming, event as Record<string, any>, at, out);
        expect(out.map(asScripted), `at ${at}`).toEqual(actions);
        expect(incoming.nextDeadline(), `at ${at}`).toBe(next_deadline);
      }
    });
  }

  function take(incoming: Incoming, event: Record<string, any>, at: number, out: IncomingAction[]): void {
    if (event.connected) return incoming.connected(event.connected.user, at, out);
    if (event.fetch_failed) {
      const { conv, retry_after_ms, random } = event.fetch_failed;
      return incoming.fetchFailed(conv, retry_after_ms ?? undefined, random / CHANCE, at, out);
    }
    const frame = decode(JSON.stringify(event.frame));
    if (frame?.type === "entry") incoming.entry(frame, at, out);
    else if (frame?.type === "synced") incoming.synced(frame, at, out);
    else if (frame?.type === "history") incoming.fetched(frame, at, out);
    else throw new Error(`no such event: ${JSON.stringify(event)}`);
  }

  function asScripted(action: IncomingAction): unknown {
    switch (action.kind) {
      case "deliver":
        return { deliver: { conv: action.entry.conv, seq: action.entry.seq } };
      case "conversation":
        return { conversation: action.view.conv };
      case "ack":
        return { send: { type: "ack", conv: action.conv, seq: action.seq } };
      case "sync":
        return { send: { type: "sync", ...(action.cursor === null ? {} : { cursor: action.cursor }) } };
      case "fetch": {
        const { conv, after, limit } = action;
        return { send: { type: "history", conv, after, limit } };
      }
    }
  }
});

describe("outbox", () => {
  for (const { name, steps } of scripts("outbox")) {
    test(name, () => {
      const outbox = new Outbox();
      for (const { at, event, actions, next_deadline } of steps) {
        const out: OutboxAction[] = [];
        if (event === "connected") outbox.connected(at, out);
        else if (event === "disconnected") outbox.disconnected();
        else if (event === "tick") outbox.tick(at, out);
        else take(outbox, event as Record<string, any>, at, out);
        expect(out.map(asScripted), `at ${at}`).toEqual(actions);
        expect(outbox.nextDeadline(), `at ${at}`).toBe(next_deadline);
      }
    });
  }

  function take(outbox: Outbox, event: Record<string, any>, at: number, out: OutboxAction[]): void {
    if (event.submit) {
      expect(outbox.submit(event.submit as Append, at, out)).toBe("taken");
    } else if (event.sent) {
      outbox.sent(event.sent as Sent, at, out);
    } else if (event.failed) {
      const { client_id, code, retry_after_ms, random } = event.failed;
      const failure = { code, message: "", ...(retry_after_ms === null ? {} : { retry_after_ms }) } as Failure;
      outbox.failed(client_id, failure, random / CHANCE, at, out);
    } else {
      throw new Error(`no such event: ${JSON.stringify(event)}`);
    }
  }

  function asScripted(action: OutboxAction): unknown {
    switch (action.kind) {
      case "request":
        return { send: action.append };
      case "done":
        return { done: action.sent.client_id };
      case "failed":
        return { failed: action.append.client_id };
      case "reconnect":
        return "reconnect";
    }
  }
});
