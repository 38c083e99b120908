/** The machines do what the shared scripts say, event by event. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Incoming } from "../../src/delivery/incoming/incoming.ts";
import { INCOMING_POLICY } from "../../src/delivery/incoming/types.ts";
import type { IncomingAction } from "../../src/delivery/incoming/types.ts";
import { Heartbeat } from "../../src/delivery/heartbeat/heartbeat.ts";
import type { HeartbeatAction } from "../../src/delivery/heartbeat/heartbeat.ts";
import type { Network } from "../../src/delivery/heartbeat/memory.ts";
import { Outbox } from "../../src/delivery/outbox.ts";
import type { OutboxAction } from "../../src/delivery/outbox.ts";
import { Reconnect } from "../../src/delivery/reconnect.ts";
import type { Next } from "../../src/delivery/reconnect.ts";
import { decode } from "../../src/frames.ts";
import type { Sent } from "../../src/wire.gen.ts";

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
        else if (event === "forget all") incoming = new Incoming();
        else if (event === "too_large") incoming.pageWasTooLarge();
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
    if (event.connected) {
      if (event.connected.epoch !== undefined) incoming.historyIs(event.connected.epoch, out);
      return incoming.connected(event.connected.user, at, out);
    }
    if (event.answered) return incoming.answered(event.answered, at, out);
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
      case "reset":
        return "reset";
      case "deliver":
        return { deliver: { conv: action.entry.conv, seq: action.entry.seq } };
      case "conversation":
        return { conversation: action.view.conv };
      case "ack":
        return { send: { type: "ack", conv: action.conv, seq: action.seq } };
      case "sync": {
        const { kind: type, cursor, ...limit } = action;
        return { send: { type, ...(cursor === null ? {} : { cursor }), ...limit } };
      }
      case "fetch": {
        const { conv, after, limit } = action;
        return { send: { type: "history", conv, after, limit } };
      }
    }
  }
});

describe("heartbeat", () => {
  for (const { name, steps } of scripts("heartbeat")) {
    test(name, () => {
      const heartbeat = new Heartbeat("home");
      for (const { at, event, actions, next_deadline } of steps) {
        const out: HeartbeatAction[] = [];
        if (event === "sent") heartbeat.sent(at);
        else if (event === "received") heartbeat.received(at);
        else if (event === "moved") heartbeat.moved(at);
        else if (event === "disconnected") heartbeat.disconnected(at);
        else if (event === "cut") heartbeat.cut(at);
        else if (event === "tick") heartbeat.tick(at, out);
        else if (event !== "save") take(heartbeat, event as Record<string, any>, at);
        const found = event === "save" ? [{ networks: heartbeat.networks(at).map(saved) }] : out.map(asScripted);
        expect(found, `at ${at}`).toEqual(actions);
        expect(heartbeat.nextDeadline(), `at ${at}`).toBe(next_deadline);
      }
    });
  }

  function take(heartbeat: Heartbeat, event: Record<string, any>, at: number): void {
    if (event.connected) heartbeat.connected(event.connected, at);
    else if (event.pong !== undefined) heartbeat.pong(event.pong);
    else if (event.network !== undefined) heartbeat.networkChanged(event.network, at);
    else heartbeat.setBackground(event.background);
  }

  function saved({ key, learnt, failedAgeMs, confirmations }: Network): unknown {
    return { key, learnt, failed_age_ms: learnt.failed_ms === undefined ? null : failedAgeMs, confirmations };
  }

  function asScripted(action: HeartbeatAction): unknown {
    return action.kind === "dead" ? "dead" : { ping: { type: "ping", ...action.ping } };
  }
});

describe("reconnect", () => {
  for (const { name, steps } of scripts("reconnect")) {
    test(name, () => {
      const reconnect = new Reconnect();
      for (const { at, event, actions } of steps) {
        const next = take(reconnect, event as string & Record<string, any>, at);
        expect(next === null ? [] : [next], `at ${at}`).toEqual(actions);
      }
    });
  }

  function take(reconnect: Reconnect, event: string & Record<string, any>, at: number): Next | null {
    if (event === "wake") return reconnect.wake(at);
    if (event.lost) return reconnect.lost(event.lost.code, event.lost.random / CHANCE, at);
    if (event === "attempt") reconnect.attempt(at);
    else if (event === "welcomed") reconnect.welcomed(at);
    else reconnect.bye(event.bye);
    return null;
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
        else if (event === "history_replaced") outbox.historyReplaced(at, out);
        else take(outbox, event as Record<string, any>, at, out);
        expect(out.map(asScripted), `at ${at}`).toEqual(actions);
        expect(outbox.nextDeadline(), `at ${at}`).toBe(next_deadline);
      }
    });
  }

  function take(outbox: Outbox, event: Record<string, any>, at: number, out: OutboxAction[]): void {
    if (event.submit) {
      expect(outbox.submit(event.submit, at, out)).toBe("taken");
    } else if (event.learn_direct) {
      outbox.learnDirect(event.learn_direct.user, event.learn_direct.conv);
    } else if (event.sent) {
      outbox.sent(event.sent as Sent, at, out);
    } else if (event.looked) {
      outbox.looked(event.looked.client_id, event.looked.id, at, out);
    } else if (event.failed) {
      const { client_id, code, retry_after_ms, random } = event.failed;
      const failure = { code, message: "", ...(retry_after_ms === null ? {} : { retry_after_ms }) };
      outbox.failed(client_id, failure, random / CHANCE, at, out);
    } else {
      throw new Error(`no such event: ${JSON.stringify(event)}`);
    }
  }

  function asScripted(action: OutboxAction): unknown {
    switch (action.kind) {
      case "request":
        return { send: action.append };
      case "look":
        return { look: { client_id: action.clientId, conv: action.conv, seq: action.seq } };
      case "done":
        return { done: action.sent.client_id };
      case "failed":
        return { failed: action.append.client_id };
      case "found":
        return { found: action.clientId };
      case "dropped":
        return { dropped: action.clientId };
      case "reconnect":
        return "reconnect";
    }
  }
});
