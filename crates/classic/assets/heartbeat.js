// The heartbeat: finds out that a connection is dead, and keeps it from dying of silence.
//
// A connection can break without either side hearing of it: the phone lost its network, or a NAT
// between the two forgot the connection because nothing went over it for a while. So after a quiet
// time the client says something. If nothing at all comes back, the connection is dead.
//
// How long may it be quiet? Too short wakes the phone for nothing; too long, and the NAT forgets.
// Nobody can ask the NAT. So the client measures and the server decides: each heartbeat carries
// the interval in use and what was learnt of this network, each answer the next interval to use.

/** From a heartbeat that is not answered to the end of the connection, in milliseconds. */
const ANSWER_WITHIN = 10_000;

/** The first interval, in milliseconds. NATs hold for longer; the server lets it grow from here. */
const FIRST_INTERVAL = 25_000;

/** What was learnt of the network, kept from one connection to the next: the longest silence that the
 * connection survived, and the shortest that it did not. */
const learnt = { held_ms: null, failed_ms: null };

export class Heartbeat {
  #send;
  #dead;
  #interval = FIRST_INTERVAL;
  #timer = null;
  #lastFrame = 0;
  #quiet = null;

  /** `send(interval, learnt)` sends a heartbeat; `dead()` is called when nothing answers. */
  constructor(send, dead) {
    this.#send = send;
    this.#dead = dead;
  }

  start() {
    this.#lastFrame = performance.now();
    this.#wait();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#quiet = null;
  }

  /** A frame came, whatever it says: the connection is alive, and the quiet time begins anew. */
  heard() {
    if (this.#quiet !== null) {
      // The silence before the heartbeat did the connection no harm.
      learnt.held_ms = Math.max(this.#quiet, learnt.held_ms ?? 0);
      if (learnt.failed_ms !== null && learnt.failed_ms <= this.#quiet) learnt.failed_ms = null;
      this.#quiet = null;
    }
    this.#lastFrame = performance.now();
    this.#wait();
  }

  /** The server's answer to a heartbeat: the interval to use from now on. */
  answered(nextInterval) {
    this.#interval = nextInterval;
    this.#wait();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#beat(), this.#interval);
  }

  #beat() {
    this.#quiet = Math.round(performance.now() - this.#lastFrame);
    this.#send(this.#interval, learntSoFar());
    this.#timer = setTimeout(() => this.#giveUp(), ANSWER_WITHIN);
  }

  /** The idle close of this side: waiting longer than this would only hide that it is dead. */
  #giveUp() {
    if (navigator.onLine && this.#quiet !== null) {
      learnt.failed_ms = Math.min(this.#quiet, learnt.failed_ms ?? Infinity);
      if (learnt.held_ms !== null && learnt.held_ms >= this.#quiet) learnt.held_ms = null;
    }
    this.#quiet = null;
    this.#dead();
  }
}

function learntSoFar() {
  return Object.fromEntries(Object.entries(learnt).filter(([, value]) => value !== null));
}
