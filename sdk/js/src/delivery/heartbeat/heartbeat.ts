/**
 * When to ping, and when the connection is dead.
 *
 * Owns: the quiet time of the connection, and what was learnt of each kind of network.
 * Promises: a server that hears from its clients as often as it planned always does; a silent
 * connection is found dead within the interval and the time-out; networks remembered are bounded.
 * Not here: how the interval grows and shrinks (the server's).
 */
import type { HeartbeatPlan, Ping } from "../../wire.gen.ts";
import { Memory } from "./memory.ts";
import type { Network } from "./memory.ts";

/** All times in ms. */
export interface HeartbeatPolicy {
  /** Networks remembered. Beyond it the one used longest ago is forgotten. */
  readonly networks: number;
  /** A connection that comes back within this time of a dead one says that the network was there and
   * the quiet time was too long. Later, the network itself was gone, and nothing is learnt. */
  readonly blame: number;
  /** A failure seen once is forgotten after this long, and tried again: it may have been chance. */
  readonly recheck: number;
  /** The same for a failure that was confirmed. */
  readonly recheckConfirmed: number;
}

export const HEARTBEAT_POLICY: HeartbeatPolicy = {
  networks: 16,
  blame: 30_000,
  recheck: 60 * 60_000,
  recheckConfirmed: 24 * 60 * 60_000,
};

/** What to do. */
export type HeartbeatAction =
  /** Send this ping. It counts as sent; do not call `sent` for it. */
  | { kind: "ping"; ping: Ping }
  /** Nothing came back: make a new connection. */
  | { kind: "dead" };

/** A timer that is later than this was not merely late, in ms. */
const LATE = 2000;

/** How long it takes to look at what came meanwhile, in ms. */
const LOOK = 2000;

/** A ping that is not answered yet. */
interface Outstanding {
  /** Until when its answer is waited for. */
  until: number;
  /** The time was up, and nobody had looked at what had come by then: it is looked at now. */
  isLookedAt: boolean;
  /** The quiet time that it ended; null where that tells nothing. */
  quiet: number | null;
}

/** The connection that is welcome. */
interface Connection {
  /** What `welcome` said: safe on any network. */
  first: number;
  interval: number;
  timeout: number;
  sent: number;
  received: number;
  /** Quiet that began before this was on another network, and tells nothing of this one. */
  networkSince: number;
  /** Not answered yet. */
  ping: Outstanding | null;
  /** Ping at once, however short the quiet. */
  isDue: boolean;
}

export class Heartbeat {
  readonly #policy: HeartbeatPolicy;
  readonly #memory: Memory;
  #isBackground = false;
  #connection: Connection | null = null;
  /** A connection that died of a quiet time, perhaps: whether the network was there all the while
   * shows when the next one comes. */
  #suspicion: { quiet: number; diedAt: number } | null = null;

  /** On a network of this name, in the foreground, not connected. */
  constructor(network: string, policy: HeartbeatPolicy = HEARTBEAT_POLICY) {
    this.#policy = policy;
    this.#memory = new Memory(network, policy.networks);
  }

  /** What was learnt, to be kept over a restart; the network in use first. */
  networks(now: number): Network[] {
    return this.#memory.save(now);
  }

  /** Takes up what an earlier client had learnt. */
  remember(networks: Network[], now: number): void {
    this.#memory.load(networks, now);
  }

  /** The connection is welcome. */
  connected(plan: HeartbeatPlan, now: number): void {
    const first = interval(plan.interval_ms);
    const suspicion = this.#suspicion;
    this.#suspicion = null;
    if (suspicion !== null) {
      const wasThere = now - suspicion.diedAt <= this.#policy.blame;
      if (wasThere && isTelling(suspicion.quiet, first)) this.#memory.current.failed(suspicion.quiet, now);
    }
    this.#connection = {
      first,
      interval: first,
      timeout: interval(plan.timeout_ms),
      sent: now,
      received: now,
      networkSince: now,
      ping: null,
      isDue: false,
    };
  }

  /** The connection is gone, whoever ended it. If a ping was not answered by then, that may be why: a
   * NAT may also answer for the server, with a reset. */
  disconnected(now: number): void {
    const quiet = this.#connection?.ping?.quiet ?? null;
    this.#connection = null;
    if (quiet !== null) this.#suspicion = { quiet, diedAt: now };
  }

  /** The connection was cut without a word, as a proxy does that allows only so much quiet. What is quiet
   * now may be why, as an unanswered ping may be. */
  cut(now: number): void {
    const connection = this.#connection;
    const quiet = connection === null || connection.ping !== null ? null : quietOf(connection, now);
    this.disconnected(now);
    if (quiet !== null) this.#suspicion = { quiet, diedAt: now };
  }

  /** What was to be sent before a ping is still on its way, and moves: its answer is waited for anew. */
  moved(now: number): void {
    const connection = this.#connection;
    if (connection !== null && connection.ping !== null) connection.ping.until = now + connection.timeout;
  }

  /** A frame was sent. */
  sent(now: number): void {
    if (this.#connection !== null) this.#connection.sent = now;
  }

  /** A frame was received, whatever it says: the connection is alive. If it came after a quiet time,
   * or after a ping that ended one, that quiet time has held. */
  received(now: number): void {
    const connection = this.#connection;
    if (connection === null) return;
    const quiet = connection.ping === null ? quietOf(connection, now) : connection.ping.quiet;
    connection.ping = null;
    connection.received = now;
    if (isTelling(quiet ?? 0, connection.first)) this.#memory.current.held(quiet ?? 0);
  }

  /** The frame received is the answer to a ping. Call it after `received`. */
  pong(nextIntervalMs: number): void {
    if (this.#connection !== null) this.#connection.interval = interval(nextIntervalMs);
  }

  /** The device is on another network. A connection that survives it is pinged carefully again. */
  networkChanged(network: string, now: number): void {
    this.#memory.switch(network);
    this.#suspicion = null;
    const connection = this.#connection;
    if (connection === null) return;
    connection.networkSince = now;
    connection.interval = connection.first;
    connection.isDue = true;
    if (connection.ping !== null) connection.ping.quiet = null;
  }

  /** Whether nobody is looking. Back in the foreground, a ping is due at once: a break that the long
   * interval hid shows now. */
  setBackground(background: boolean): void {
    if (this.#isBackground && !background) this.hurry();
    this.#isBackground = background;
  }

  /** A ping is due now: there is reason to doubt the connection, or the next timer may come too late. */
  hurry(): void {
    if (this.#connection !== null) this.#connection.isDue = true;
  }

  /** When to call `tick` next; null while not connected. */
  nextDeadline(): number | null {
    const connection = this.#connection;
    if (connection === null) return null;
    if (connection.ping !== null) return connection.ping.until;
    if (connection.isDue) return 0;
    // The server must hear of the client in time even while only it speaks, and the other way round.
    return Math.min(connection.sent, connection.received) + connection.interval;
  }

  /** Time passed. */
  tick(now: number, out: HeartbeatAction[]): void {
    const deadline = this.nextDeadline();
    const connection = this.#connection;
    if (connection === null || deadline === null || now < deadline) return;
    if (connection.ping !== null) {
      if (mayHaveCome(connection.ping, deadline, now)) return;
      this.disconnected(now);
      out.push({ kind: "dead" });
      return;
    }
    const quiet = quietOf(connection, now);
    connection.ping = { until: now + connection.timeout, isLookedAt: false, quiet };
    connection.sent = now;
    connection.isDue = false;
    out.push({ kind: "ping", ping: this.#ping(quiet, now) });
  }

  #ping(quiet: number | null, now: number): Ping {
    const learnt = this.#memory.current.tell(now, this.#policy);
    return {
      interval_ms: Math.floor(quiet ?? 0),
      ...(Object.keys(learnt).length === 0 ? {} : { learnt }),
      ...(this.#isBackground ? { background: true } : {}),
    };
  }
}

/** Whether the answer may have come while nobody could look: the clock is read much later than it was to be,
 * because the page or the machine stood still. Then a moment is left to look, once. */
function mayHaveCome(ping: Outstanding, deadline: number, now: number): boolean {
  if (now - deadline <= LATE || ping.isLookedAt) return false;
  ping.isLookedAt = true;
  ping.until = now + LOOK;
  return true;
}

/** How long nothing went either way; null if that began on another network. */
function quietOf(connection: Connection, now: number): number | null {
  const last = Math.max(connection.sent, connection.received);
  return last >= connection.networkSince ? Math.max(0, now - last) : null;
}

/** Whether a quiet time is long enough to tell anything. It falls short of the interval that it was
 * planned with by a round trip, because the answer to a ping is traffic too. */
function isTelling(quietMs: number, startMs: number): boolean {
  return quietMs >= startMs - Math.floor(startMs / 8);
}

/** What a server may ask for: anything from a second to a day. */
function interval(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, 1000), 24 * 60 * 60_000);
}
