import { expect, test } from "vitest";
import { Heartbeat } from "../../src/delivery/heartbeat/heartbeat.ts";
import type { HeartbeatAction } from "../../src/delivery/heartbeat/heartbeat.ts";

const PLAN = { interval_ms: 25_000, timeout_ms: 10_000 };

function connected(network = "home"): Heartbeat {
  const heartbeat = new Heartbeat(network);
  heartbeat.connected(PLAN, 0);
  return heartbeat;
}

function tick(heartbeat: Heartbeat, now: number): HeartbeatAction[] {
  const out: HeartbeatAction[] = [];
  heartbeat.tick(now, out);
  return out;
}

test("a quiet connection is pinged, and what held is told the next time", () => {
  const heartbeat = connected();
  expect(tick(heartbeat, 24_999)).toEqual([]);
  expect(tick(heartbeat, 25_000)).toEqual([{ kind: "ping", ping: { interval_ms: 25_000 } }]);
  heartbeat.received(25_100);
  heartbeat.pong(31_250);
  expect(heartbeat.nextDeadline(), "sent at 25 s, the earlier of both").toBe(56_250);
  const [action] = tick(heartbeat, 56_250);
  expect(action).toEqual({ kind: "ping", ping: { interval_ms: 31_150, learnt: { held_ms: 25_000 } } });
});

test("one side's silence is enough for a ping, both sides' is what it measures", () => {
  const heartbeat = connected();
  heartbeat.received(20_000);
  expect(tick(heartbeat, 25_000)).toEqual([{ kind: "ping", ping: { interval_ms: 5000 } }]);
});

test("no answer is the end, and a failure if the network was there", () => {
  const heartbeat = connected();
  tick(heartbeat, 25_000);
  expect(tick(heartbeat, 34_999)).toEqual([]);
  expect(tick(heartbeat, 35_000)).toEqual([{ kind: "dead" }]);
  expect(heartbeat.nextDeadline()).toBeNull();
  heartbeat.connected(PLAN, 36_000);
  expect(heartbeat.networks(36_000)[0]?.learnt).toEqual({ failed_ms: 25_000 });
});

test("nothing is learnt when the network itself was gone, or another one", () => {
  const late = connected();
  tick(late, 25_000);
  tick(late, 35_000);
  late.connected(PLAN, 35_000 + 30_001);
  expect(late.networks(70_000)[0]?.learnt).toEqual({});
  const moved = connected();
  tick(moved, 25_000);
  moved.networkChanged("cell", 26_000);
  tick(moved, 35_000);
  moved.connected(PLAN, 36_000);
  expect(moved.networks(36_000).map((network) => network.learnt)).toEqual([{}, {}]);
});

test("what held before is given up only when it fails twice in a row", () => {
  const heartbeat = connected();
  const dies = (at: number): void => {
    heartbeat.connected(PLAN, at);
    tick(heartbeat, at + 25_000);
    tick(heartbeat, at + 35_000);
    heartbeat.connected(PLAN, at + 36_000);
  };
  tick(heartbeat, 25_000);
  heartbeat.received(25_100);
  dies(100_000);
  expect(heartbeat.networks(0)[0]?.learnt).toEqual({ held_ms: 25_000 });
  dies(200_000);
  expect(heartbeat.networks(0)[0]?.learnt).toEqual({ failed_ms: 25_000 });
});

test("a failure is doubted after an hour", () => {
  const heartbeat = new Heartbeat("home");
  heartbeat.remember([{ key: "home", learnt: { failed_ms: 60_000 }, failedAgeMs: 0, confirmations: 1 }], 0);
  heartbeat.connected(PLAN, 0);
  expect(tick(heartbeat, 25_000)).toMatchObject([{ ping: { learnt: { failed_ms: 60_000 } } }]);
  heartbeat.connected(PLAN, 3_600_000);
  expect(tick(heartbeat, 3_625_000)).toEqual([{ kind: "ping", ping: { interval_ms: 25_000 } }]);
});

test("back in the foreground, or in doubt, a ping goes out at once", () => {
  const heartbeat = connected();
  heartbeat.setBackground(true);
  heartbeat.setBackground(false);
  expect(tick(heartbeat, 1000)).toEqual([{ kind: "ping", ping: { interval_ms: 1000 } }]);
  heartbeat.received(1100);
  heartbeat.hurry();
  expect(heartbeat.nextDeadline()).toBe(0);
});

test("the networks remembered are bounded, the one used longest ago is forgotten", () => {
  const heartbeat = new Heartbeat("n0");
  for (let n = 1; n <= 20; n++) heartbeat.networkChanged(`n${n}`, 0);
  const keys = heartbeat.networks(0).map((network) => network.key);
  expect(keys).toHaveLength(16);
  expect([keys[0], keys.at(-1)]).toEqual(["n20", "n5"]);
});
