/**
 * One attempt at a connection: open, hello, welcome, frames, end.
 *
 * Owns: one WebSocket. Promises: `onLost` comes exactly once, and nothing after it; what the server
 * says before `welcome` is not taken for anything else.
 * Not here: when to try again.
 */
import type { BreakReason } from "../client/events.ts";
import { decode, GarbageError } from "../frames.ts";
import { CLOSE_CODES, SUBPROTOCOL } from "../wire.gen.ts";
import type { Bye, ClientFrame, ServerFrame, Welcome } from "../wire.gen.ts";

/** From the beginning of an attempt to `welcome`, in ms. */
const WELCOME_TIMEOUT = 10_000;

/** The part of WebSocket that is used: the browser's, or that of a library. */
export type WebSocketClass = new (url: string, protocols: string) => WebSocket;

export interface LinkEvents {
  /** With the time from `hello` to it, in ms. */
  onWelcome(welcome: Welcome, roundTrip: number): void;
  /** With its size, about. Null: a frame of a newer server, which only shows life. */
  onFrame(frame: ServerFrame | null, bytes: number): void;
  /** `code` is WebSocket's close code, where there was a close. */
  onLost(reason: BreakReason, code: number | null): void;
}

export class Link {
  readonly #socket: WebSocket;
  readonly #events: LinkEvents;
  readonly #timeout: ReturnType<typeof setTimeout>;
  #isWelcome = false;
  #helloAt = 0;
  #bye: Bye | null = null;
  #isOver = false;

  constructor(url: string, hello: ClientFrame, Socket: WebSocketClass, events: LinkEvents) {
    this.#events = events;
    this.#socket = new Socket(url, SUBPROTOCOL);
    this.#timeout = setTimeout(() => this.drop({ kind: "timeout" }), WELCOME_TIMEOUT);
    this.#socket.onopen = () => {
      this.#helloAt = performance.now();
      this.send(hello);
    };
    this.#socket.onmessage = (event: MessageEvent<unknown>) => this.#receive(event.data);
    this.#socket.onclose = ({ code, reason }) => {
      const isClosed = code !== 1005 && code !== 1006;
      if (isClosed) this.#lose({ kind: "closed", code, text: reason }, code);
      else this.#lose(brokenAfter(this.#bye), null);
    };
    // Always followed by `close`, and says nothing.
    this.#socket.onerror = () => {};
  }

  send(frame: ClientFrame): void {
    if (this.#socket.readyState === 1) this.#socket.send(JSON.stringify(frame));
  }

  /** Bytes that wait to be sent. */
  get unsent(): number {
    return this.#socket.bufferedAmount;
  }

  /** Ends it from this side, as lost for this reason. */
  drop(reason: BreakReason): void {
    this.#lose(reason, null);
  }

  /** Ends it, and tells nobody. */
  close(): void {
    this.#end();
    this.#socket.close(1000);
  }

  #receive(data: unknown): void {
    if (this.#isOver) return;
    let frame: ServerFrame | null;
    try {
      frame = decode(data);
    } catch (problem) {
      if (!(problem instanceof GarbageError)) throw problem;
      return this.#lose({ kind: "garbage", problem: problem.message }, null);
    }
    if (frame?.type === "bye") this.#bye = frame;
    // A character is at least a byte; to count them would take longer than it is worth.
    const bytes = String(data).length;
    if (this.#isWelcome) return this.#events.onFrame(frame, bytes);
    switch (frame?.type) {
      case "welcome":
        this.#isWelcome = true;
        clearTimeout(this.#timeout);
        return this.#events.onWelcome(frame, performance.now() - this.#helloAt);
      // They come before the close that has their code.
      case "bye":
      case "error":
      case undefined:
        return frame === null ? undefined : this.#events.onFrame(frame, bytes);
      default:
        this.#lose({ kind: "garbage", problem: "a frame before welcome" }, null);
    }
  }

  #lose(reason: BreakReason, code: number | null): void {
    if (this.#isOver) return;
    this.#end();
    // Not waited for: over a dead network a close takes as long as a connection.
    this.#socket.close();
    this.#events.onLost(reason, code);
  }

  #end(): void {
    this.#isOver = true;
    clearTimeout(this.#timeout);
  }
}

/** A server may be gone before the close that it announced has come through. */
function brokenAfter(bye: Bye | null): BreakReason {
  if (bye === null || !Object.hasOwn(CLOSE_CODES, bye.code)) return { kind: "broken" };
  return { kind: "closed", code: CLOSE_CODES[bye.code as keyof typeof CLOSE_CODES], text: bye.code };
}
