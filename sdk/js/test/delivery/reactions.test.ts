/** How reactions stand, against a server that is a list of changes: whatever is lost, they come out as they are there. */
import { expect, test } from "vitest";
import { Reactions } from "../../src/delivery/reactions.ts";
import type { ReactionAction, ReactionsWish, ReactionWish } from "../../src/delivery/reactions.ts";
import type { Failure, MessageReactions, Reacted, ReactionsPage } from "../../src/wire.gen.ts";
import { seeded, seedOf } from "../random.ts";

const CONV = 7;
const ME = 1;
const VALUES = ["👍", "🎉", "🪿"];
const PAGE = 3;

/** The server's side of one conversation: who set what, and in which order. */
class World {
  number = 0;
  readonly changed = new Map<number, number>();
  readonly set = new Map<number, Map<string, Set<number>>>();

  react(user: number, seq: number, value: string, on: boolean): Reacted | null {
    const values = this.set.get(seq) ?? new Map<string, Set<number>>();
    const users = values.get(value) ?? new Set<number>();
    if (users.has(user) === on) return null;
    if (on) users.add(user);
    else users.delete(user);
    this.set.set(seq, values.set(value, users));
    this.number += 1;
    this.changed.set(seq, this.number);
    const messages = [this.state(seq, null)];
    return { conv: CONV, after: this.number - 1, number: this.number, messages, changes: [{ seq, user, value, on }] };
  }

  state(seq: number, reader: number | null): MessageReactions {
    const values = [...(this.set.get(seq) ?? [])].filter(([, users]) => users.size > 0);
    const reactions = values.map(([value, users]) => ({
      value,
      count: users.size,
      ...(reader !== null && users.has(reader) ? { mine: true } : {}),
    }));
    return { seq, number: this.changed.get(seq) ?? 0, reactions };
  }

  page(wish: ReactionsWish): ReactionsPage {
    const all = [...this.changed.keys()].map((seq) => this.state(seq, ME));
    const found =
      "after" in wish
        ? all.filter(({ number }) => number > wish.after).sort((one, other) => one.number - other.number)
        : all.filter(({ seq }) => seq >= wish.from && seq <= wish.to).sort((one, other) => one.seq - other.seq);
    return { conv: CONV, messages: found.slice(0, PAGE), number: this.number, more: found.length > PAGE };
  }

  all(): MessageReactions[] {
    return [...this.changed.keys()].map((seq) => this.state(seq, ME));
  }
}

/** What is shown and what is kept, as the machine tells it. */
class Device {
  readonly reactions = new Reactions();
  readonly shown = new Map<number, MessageReactions>();
  readonly kept = new Map<number, MessageReactions>();
  keptNumber: number | null = null;
  readonly asked: ReactionsWish[] = [];
  readonly wishes: ReactionWish[] = [];
  readonly done: [ReactionWish, Failure | null][] = [];
  now = 0;

  run(run: (out: ReactionAction[]) => void): void {
    const out: ReactionAction[] = [];
    run(out);
    for (const action of out) {
      if (action.kind === "ask") this.asked.push(action.wish);
      if (action.kind === "react") this.wishes.push(action.wish);
      if (action.kind === "tell") for (const message of action.messages) this.shown.set(message.seq, message);
      if (action.kind === "keep") {
        this.keptNumber = action.number;
        for (const message of action.messages) this.kept.set(message.seq, message);
      }
      if (action.kind === "done") this.done.push([action.wish, action.failure]);
    }
  }

  tick(): void {
    this.run((out) => this.reactions.tick(this.now, out));
  }

  /** Time goes on, and the server answers all that is asked, until nothing is. */
  settle(world: World): void {
    for (let turn = 0; turn < 1000; turn += 1) {
      this.now = Math.max(this.now, this.reactions.nextDeadline() ?? this.now);
      this.tick();
      if (this.asked.length === 0 && this.wishes.length === 0) return;
      this.answer(world);
    }
    throw new Error("it never ends");
  }

  answer(world: World): void {
    for (const wish of this.wishes.splice(0)) {
      const push = world.react(ME, wish.seq, wish.value, wish.on);
      this.run((out) => this.reactions.answered(wish, null, this.now, out));
      if (push !== null) this.run((out) => this.reactions.reacted(push, out));
    }
    for (const wish of this.asked.splice(0)) this.run((out) => this.reactions.page(wish, world.page(wish), out));
  }

  follow(held: { from: number; to: number } | null): void {
    this.reactions.follow(CONV, { number: this.keptNumber, messages: [...this.kept.values()] }, held);
  }
}

function bySeq(states: Iterable<MessageReactions>): MessageReactions[] {
  const there = [...states].filter(({ reactions }) => reactions.length > 0);
  const sorted = there.map((state) => ({ ...state, reactions: [...state.reactions].sort((one, other) => (one.value < other.value ? -1 : 1)) }));
  return sorted.sort((one, other) => one.seq - other.seq);
}

test("whatever is lost, cut or doubled, they come out as they are on the server", () => {
  const seed = seedOf();
  const random = seeded(seed);
  const chance = (below: number): number => Math.floor(random() * below);
  for (let world = 0; world < 200; world += 1) {
    const server = new World();
    let device = new Device();
    for (let n = chance(10); n > 0; n -= 1) server.react(2 + chance(3), 1 + chance(12), VALUES[chance(3)]!, true);
    device.reactions.connected(ME);
    device.follow({ from: 1, to: 12 });
    for (let step = 0; step < 60; step += 1) {
      device.now += chance(900);
      const [user, seq, value, on] = [1 + chance(4), 1 + chance(12), VALUES[chance(3)]!, chance(3) > 0];
      switch (chance(8)) {
        case 0:
          device.run((out) => device.reactions.wish({ conv: CONV, seq, value, on }, out));
          break;
        case 1:
          device.reactions.disconnected();
          device.asked.length = 0;
          // Some of what was on its way has come through.
          for (const wish of device.wishes.splice(0)) if (chance(2) === 0) server.react(ME, wish.seq, wish.value, wish.on);
          device.reactions.connected(ME);
          break;
        case 2: {
          // The program starts again.
          const next = new Device();
          next.keptNumber = device.keptNumber;
          for (const [key, kept] of device.kept) next.kept.set(key, kept);
          for (const [key, kept] of device.kept) next.shown.set(key, kept);
          device = next;
          device.reactions.connected(ME);
          device.follow({ from: 1, to: 12 });
          break;
        }
        case 3:
          device.tick();
          device.answer(server);
          break;
        default: {
          const push = server.react(user, seq, value, on);
          if (push === null) break;
          const isCut = chance(4) === 0;
          const told = isCut ? { ...push, changes: [], cut: true } : push;
          for (let times = chance(3); times > 0; times -= 1) device.run((out) => device.reactions.reacted(told, out));
        }
      }
    }
    device.follow({ from: 1, to: 12 });
    device.settle(server);
    expect(bySeq(device.shown.values()), `SEED=${seed}, world ${world}`).toEqual(bySeq(server.all()));
    expect(bySeq(device.kept.values()), `SEED=${seed}, world ${world}, kept`).toEqual(bySeq(server.all()));
  }
});

test("what the user sets is shown at once, and taken back where the server refuses it", () => {
  const [server, device] = [new World(), new Device()];
  device.reactions.connected(ME);
  device.follow(null);
  device.settle(server);
  const wish = { conv: CONV, seq: 3, value: "👍", on: true };
  device.run((out) => device.reactions.wish(wish, out));
  expect(device.shown.get(3)?.reactions).toEqual([{ value: "👍", count: 1, mine: true }]);
  device.tick();
  expect(device.wishes).toEqual([wish]);
  device.run((out) => device.reactions.answered(wish, { code: "rate_limited", message: "", retry_after_ms: 700 }, device.now, out));
  expect(device.reactions.nextDeadline()).toBe(device.now + 700);
  device.now += 700;
  device.tick();
  expect(device.wishes).toEqual([wish, wish]);
  device.run((out) => device.reactions.answered(wish, { code: "too_many_reactions", message: "" }, device.now, out));
  expect(device.shown.get(3)?.reactions).toEqual([]);
  expect(device.done).toEqual([[wish, expect.objectContaining({ code: "too_many_reactions" })]]);
});

test("what changed while nobody was told is asked for once the conversation is watched", () => {
  const device = new Device();
  device.reactions.connected(ME);
  const before = { conv: CONV, messages: [], number: 4, more: false };
  device.reactions.follow(CONV, { number: 4, messages: [] }, null);
  device.tick();
  const asked = [{ conv: CONV, after: 4 }];
  expect(device.asked).toEqual(asked);
  // It is confirmed before the answer comes, or after.
  device.reactions.watched(CONV);
  device.run((out) => device.reactions.page({ conv: CONV, after: 4 }, before, out));
  device.tick();
  expect(device.asked).toEqual([...asked, ...asked]);
  device.run((out) => device.reactions.page({ conv: CONV, after: 4 }, before, out));
  device.tick();
  expect(device.asked.length).toBe(2);
  device.reactions.watched(CONV);
  device.tick();
  expect(device.asked.length).toBe(3);
});

test("conversations, wishes and questions are bounded", () => {
  const device = new Device();
  device.reactions.connected(ME);
  for (let conv = 1; conv <= 9; conv += 1) device.reactions.follow(conv, { number: 0, messages: [] }, null);
  expect([device.reactions.isFollowed(1), device.reactions.isFollowed(2)]).toEqual([false, true]);
  for (let seq = 1; seq <= 256; seq += 1) device.reactions.wish({ conv: 9, seq, value: "👍", on: true }, []);
  expect(device.reactions.wish({ conv: 9, seq: 300, value: "👍", on: true }, [])).toBe(false);
  device.tick();
  expect(device.wishes.length).toBe(8);
  // A gap is asked about once, and then not before a pause.
  const push = (after: number): Reacted => ({ conv: 9, after, number: after + 1, messages: [], changes: [] });
  expect(device.asked.splice(0).length).toBe(8);
  device.run((out) => device.reactions.page({ conv: 9, after: 0 }, { conv: 9, messages: [], number: 0, more: false }, out));
  device.run((out) => device.reactions.reacted(push(5), out));
  device.tick();
  expect(device.asked).toEqual([]);
  device.now += 2_000;
  device.tick();
  expect(device.asked).toEqual([{ conv: 9, after: 0 }]);
});
