/** What goes wrong, with the stable code that programs compare. */

/** A request failed. */
export class HongyanError extends Error {
  override readonly name = "HongyanError";
  /** A code of the protocol, or one of this library's own: `unreachable`, `timeout`, `closed`,
   * `outbox_full`, `discarded`, `aborted`. */
  readonly code: string;
  /** When the same request may succeed, in ms; null: it will not. */
  readonly retryAfterMs: number | null;

  constructor(code: string, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
