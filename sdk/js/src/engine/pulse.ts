/**
 * Whether the other side is still there, and how late this side's timers may come.
 *
 * Owns: the heartbeat, what came last, whether somebody looks, and a doubt about the connection.
 * Promises: a frame that is on its way, either way, is no silence.
 * Not here: what follows from silence (`Connection`), and when a ping is due (`Heartbeat`).
 */
import { Heartbeat } from "../delivery/heartbeat/heartbeat.ts";
import type { HeartbeatAction } from "../delivery/heartbeat/heartbeat.ts";
import type { Network } from "../delivery/heartbeat/memory.ts";
import type { HeartbeatPlan } from "../wire.gen.ts";

/** After a hint that the network changed, a connection that stays silent for so long is given up, in ms. */
const PROBE_TIMEOUT = 2_000;

/** Browsers let the timers of a page that was hidden for five minutes run once a minute. */
const THROTTLED_AFTER = 5 * 60_000;
const THROTTLED_TIMER = 60_000;

/** What the heartbeat has learnt is kept so often, in ms. */
const NETWORKS_EVERY = 60_000;

export class Pulse {
  readonly #heartbeat: Heartbeat;
  #probeUntil: number | null = null;
  #hiddenSince: number | null = null;
  #networksAt = 0;
  /** When the last frame came on this connection, how long a pong may take, and what was not sent when last looked. */
  #heardAt = 0;
  #patience = 0;
  #unsent = 0;

  constructor(network: string, learnt: Network[], now: number) {
    this.#heartbeat = new Heartbeat(network);
    this.#heartbeat.remember(learnt, now);
  }

  /** Whether somebody looks, at any tab. */
  get isSeen(): boolean {
    return this.#hiddenSince === null;
  }

  connected(plan: HeartbeatPlan, now: number): void {
    this.#heartbeat.connected(plan, now);
    this.#heardAt = now;
    this.#unsent = 0;
    this.#patience = plan.timeout_ms;
  }

  /** The connection is gone; `isCut`: without a word. */
  disconnected(now: number, isCut: boolean): void {
    this.#probeUntil = null;
    if (isCut) this.#heartbeat.cut(now);
    this.#heartbeat.disconnected(now);
  }

  /** A frame came. */
  heard(now: number): void {
    this.#probeUntil = null;
    this.#heartbeat.received(now);
    this.#heardAt = now;
  }

  sent(now: number): void {
    this.#heartbeat.sent(now);
  }

  pong(nextIntervalMs: number): void {
    this.#heartbeat.pong(nextIntervalMs);
  }

  /** Whether somebody looks now; false when that is no news. */
  setSeen(isSeen: boolean, now: number): boolean {
    if (isSeen === this.isSeen) return false;
    this.#hiddenSince = isSeen ? null : now;
    this.#heartbeat.setBackground(!isSeen);
    // So that the server knows, and allows longer intervals before timers become rare.
    if (!isSeen) this.#heartbeat.hurry();
    return true;
  }

  networkChanged(key: string, now: number): void {
    this.#heartbeat.networkChanged(key, now);
  }

  /** There is reason to doubt the connection: it has a moment to show itself. */
  doubt(now: number): void {
    this.#heartbeat.hurry();
    this.#probeUntil ??= now + PROBE_TIMEOUT;
  }

  /** Whether the moment is over. */
  isDoubtful(now: number): boolean {
    return this.#probeUntil !== null && this.#probeUntil <= now;
  }

  /** Whether what waits to be sent grows less. */
  isGoing(unsent: number): boolean {
    const isGoing = unsent < this.#unsent;
    this.#unsent = unsent;
    return isGoing;
  }

  /** Whether a frame that may take so long, in ms, is perhaps on its way to here. */
  isComing(allowance: number, now: number): boolean {
    return allowance > 0 && now - this.#heardAt < this.#patience + allowance;
  }

  /** Something moves: a silence now is none. */
  moved(now: number): void {
    this.#heartbeat.moved(now);
  }

  beat(now: number): HeartbeatAction[] {
    const deadline = this.#heartbeat.nextDeadline();
    // The timer that the ping waits for may come a minute late.
    if (deadline !== null && deadline - now < this.timerLag(deadline)) this.#heartbeat.hurry();
    const out: HeartbeatAction[] = [];
    this.#heartbeat.tick(now, out);
    return out;
  }

  /** What was learnt, when it is time to keep it. */
  learnt(now: number): Network[] | null {
    if (now - this.#networksAt < NETWORKS_EVERY) return null;
    this.#networksAt = now;
    return this.#heartbeat.networks(now);
  }

  /** How late a timer may come that is set for this time. */
  timerLag(at: number): number {
    return this.#hiddenSince !== null && at - this.#hiddenSince >= THROTTLED_AFTER ? THROTTLED_TIMER : 0;
  }

  /** When to look next: at the heartbeat, and at the doubt. */
  deadlines(now: number): (number | null)[] {
    const beat = this.#heartbeat.nextDeadline();
    return [beat === null ? null : Math.max(now + 1, beat - this.timerLag(beat) + 1), this.#probeUntil];
  }
}
