/** What is remembered of each network: the quiet times that held and failed. */
import type { Learnt } from "../../wire.gen.ts";
import type { HeartbeatPolicy } from "./heartbeat.ts";

/** What is remembered of one network, as plain data. Times in ms. */
export interface Network {
  /** The caller's name for it, such as `wifi:home`. */
  key: string;
  learnt: Learnt;
  /** How long ago the failure was. Means nothing where none is known. */
  failedAgeMs: number;
  /** How often in a row the failure was seen. */
  confirmations: number;
}

/** Networks, the one in use first. Beyond `limit` the one used longest ago is forgotten. */
export class Memory {
  #networks: Known[];
  readonly #limit: number;

  constructor(key: string, limit: number) {
    this.#networks = [new Known(key)];
    this.#limit = Math.max(1, limit);
  }

  /** The network in use. */
  get current(): Known {
    return this.#networks[0] ?? new Known("");
  }

  /** Makes `key` the network in use, known or not. */
  switch(key: string): void {
    const known = this.#networks.find((network) => network.key === key) ?? new Known(key);
    const others = this.#networks.filter((network) => network !== known);
    this.#networks = [known, ...others].slice(0, this.#limit);
  }

  save(now: number): Network[] {
    return this.#networks.map((known) => known.save(now));
  }

  /** Adds what was saved. The network in use stays in use, and takes up what was saved of it. */
  load(saved: Network[], now: number): void {
    for (const network of saved) {
      const loaded = Known.load(network, now);
      const index = this.#networks.findIndex((known) => known.key === network.key);
      if (index < 0) this.#networks.push(loaded);
      else this.#networks[index] = loaded;
    }
    this.#networks = this.#networks.slice(0, this.#limit);
  }
}

/** One network, with moments instead of ages. */
export class Known {
  readonly key: string;
  #heldMs: number | null = null;
  #failedMs: number | null = null;
  /** When the failure was last seen. */
  #failedAt = 0;
  #confirmations = 0;
  /** A failure that was forgotten in order to try again. */
  #doubtedMs: number | null = null;
  /** A quiet time that failed once although it, or a longer one, had held. */
  #struckMs: number | null = null;

  constructor(key: string) {
    this.key = key;
  }

  static load(saved: Network, now: number): Known {
    const known = new Known(saved.key);
    known.#heldMs = saved.learnt.held_ms ?? null;
    known.#failedMs = saved.learnt.failed_ms ?? null;
    known.#failedAt = now - saved.failedAgeMs;
    known.#confirmations = saved.confirmations;
    return known;
  }

  save(now: number): Network {
    const failedAgeMs = Math.max(0, now - this.#failedAt);
    return { key: this.key, learnt: this.#learnt(), failedAgeMs, confirmations: this.#confirmations };
  }

  /** What to tell the server. A failure that is old enough is doubted from here on. */
  tell(now: number, policy: HeartbeatPolicy): Learnt {
    const patience = this.#confirmations > 1 ? policy.recheckConfirmed : policy.recheck;
    if (this.#failedMs !== null && now - this.#failedAt >= patience) {
      this.#doubtedMs = this.#failedMs;
      this.#failedMs = null;
    }
    return this.#learnt();
  }

  /** The connection was alive after this much quiet. A failure at no longer a time is disproved. */
  held(quietMs: number): void {
    if (this.#struckMs !== null && quietMs >= this.#struckMs) this.#struckMs = null;
    if (this.#doubtedMs !== null && quietMs >= this.#doubtedMs) {
      this.#doubtedMs = null;
      this.#confirmations = 0;
    }
    this.#heldMs = Math.max(quietMs, this.#heldMs ?? 0);
    if (this.#failedMs !== null && this.#failedMs <= quietMs) this.#failedMs = null;
  }

  /** The connection was dead after this much quiet. If that had held before, it counts from the
   * second time in a row: a single failure is more likely chance than a NAT that changed its mind. */
  failed(quietMs: number, now: number): void {
    if (this.#failedMs !== null && this.#failedMs <= quietMs) return;
    const hadHeld = this.#heldMs !== null && quietMs <= this.#heldMs;
    if (hadHeld && this.#struckMs === null) {
      this.#struckMs = quietMs;
      return;
    }
    this.#struckMs = null;
    this.#doubtedMs = null;
    this.#confirmations += 1;
    this.#failedAt = now;
    if (this.#heldMs !== null && this.#heldMs >= quietMs) this.#heldMs = null;
    this.#failedMs = quietMs;
  }

  #learnt(): Learnt {
    return {
      ...(this.#heldMs === null ? {} : { held_ms: this.#heldMs }),
      ...(this.#failedMs === null ? {} : { failed_ms: this.#failedMs }),
    };
  }
}
