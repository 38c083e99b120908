/**
 * Names for requests: UUIDs of version 7, ascending as they are made.
 *
 * Time-ordered, so that the server's index of them grows at one end, and an outbox sorted by them is in
 * the order of submission. Source: RFC 9562, section 6.2, method 1.
 */
const COUNTER = 4096;

export class ClientIds {
  /** Time and counter of the last name, as one number below 2^60. */
  #last = 0n;

  /** The next name. A clock that goes back, or more names in a millisecond than the counter holds, run
   * ahead of the clock instead of going back. */
  next(millis: number, random: () => number): string {
    // The top bit of the counter starts at 0, to leave room for those that follow.
    const counter = BigInt(Math.floor(random() * (COUNTER / 2)));
    const fresh = BigInt(Math.floor(millis)) * BigInt(COUNTER) + counter;
    this.#last = fresh > this.#last ? fresh : this.#last + 1n;
    const head = hex(this.#last, 15);
    const variant = 8 + Math.floor(random() * 4);
    const tail = hex(random48(random), 12);
    const middle = hex(BigInt(Math.floor(random() * 4096)), 3);
    return `${head.slice(0, 8)}-${head.slice(8, 12)}-7${head.slice(12)}-${variant.toString(16)}${middle}-${tail}`;
  }
}

function random48(random: () => number): bigint {
  const part = (): bigint => BigInt(Math.floor(random() * 2 ** 24));
  return (part() << 24n) | part();
}

function hex(value: bigint, digits: number): string {
  return value.toString(16).padStart(digits, "0").slice(-digits);
}
