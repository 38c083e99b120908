/**
 * Where the connection stands: one attempt after another, until there is no point in more.
 *
 * attempt → welcome → lost → wait → attempt …, or stopped
 *
 * Owns: the link of the moment, the state that the application is shown, and when the next attempt begins.
 * Promises: one link at a time; while somebody looks no wait is long, unless the server asked for it; a session that
 * seems to be signed out is asked for once more before anything is erased.
 * Not here: what is said over it (`Exchange`), and whether the other side is alive (`Pulse`).
 */
import type { BreakReason, ConnectionState, StopReason } from "../client/events.ts";
import { Reconnect } from "../delivery/reconnect.ts";
import { serverUrl } from "../http.ts";
import type { ClientFrame, ServerFrame, Welcome } from "../wire.gen.ts";
import { CLOSE_CODES, WEBSOCKET_PATH } from "../wire.gen.ts";
import { Link } from "./link.ts";
import type { WebSocketClass } from "./link.ts";

/** While somebody looks, no wait for the next attempt is longer, in ms: a person waits for it. */
const FOREGROUND_WAIT = 2_500;

export interface ConnectionOptions {
  server: string;
  token?: string;
  clientName: string;
  WebSocket: WebSocketClass;
}

/** What the connection asks of the engine. */
export interface ConnectionEvents {
  /** Runs an input as a turn of the engine. */
  turn(input: (now: number) => void): void;
  onWelcome(welcome: Welcome, roundTrip: number, now: number): void;
  onFrame(frame: ServerFrame | null, bytes: number, now: number): void;
  /** It is lost: nothing asked for over it will be answered. Comes before the new state. */
  onLost(reason: BreakReason, now: number): void;
  /** It was ended from this side. Comes before the new state. */
  onStopped(): void;
  /** The session was signed out on purpose. */
  onRevoked(code: number): void;
  onState(state: ConnectionState): void;
  /** Whether somebody looks. */
  isSeen(): boolean;
}

export class Connection {
  readonly #url: string;
  readonly #hello: ClientFrame;
  readonly #WebSocket: WebSocketClass;
  readonly #events: ConnectionEvents;
  readonly #reconnect = new Reconnect();
  #link: Link | null = null;
  #state: ConnectionState = { kind: "connecting", attempt: 1 };
  /** Whether a session that seemed to be signed out was asked for once more. */
  #hasMadeSure = false;

  constructor({ server, token, clientName, WebSocket }: ConnectionOptions, events: ConnectionEvents) {
    const url = serverUrl(server);
    this.#url = `ws${url.origin.slice("http".length)}${url.pathname}${WEBSOCKET_PATH.slice(1)}`;
    this.#hello = { type: "hello", req: 0, client: clientName, ...(token === undefined ? {} : { token }) };
    this.#WebSocket = WebSocket;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get isOnline(): boolean {
    return this.#state.kind === "online";
  }

  get isStopped(): boolean {
    return this.#state.kind === "stopped";
  }

  /** Bytes that wait to be sent. */
  get unsent(): number {
    return this.#link?.unsent ?? 0;
  }

  /** When the next attempt begins; null while none is waited for. */
  get retryAt(): number | null {
    return this.#state.kind === "waiting" ? this.#state.retryAt : null;
  }

  /** Sends a frame; false without a link. */
  send(frame: ClientFrame): boolean {
    this.#link?.send(frame);
    return this.#link !== null;
  }

  /** Gives the link up, as lost for this reason. */
  drop(reason: BreakReason): void {
    this.#link?.drop(reason);
  }

  /** The server says when to come back. */
  bye(retryAfterMs: number): void {
    this.#reconnect.bye(retryAfterMs);
  }

  attempt(now: number): void {
    const events = this.#events;
    this.#reconnect.attempt(now);
    this.#become({ kind: "connecting", attempt: this.#reconnect.failures + 1 });
    this.#link = new Link(this.#url, this.#hello, this.#WebSocket, {
      onWelcome: (welcome, roundTrip) => events.turn((at) => events.onWelcome(welcome, roundTrip, at)),
      onFrame: (frame, bytes) => events.turn((at) => events.onFrame(frame, bytes, at)),
      onLost: (reason, code) => events.turn((at) => this.#lost(reason, code, at)),
    });
  }

  /** The server has welcomed whom it should. */
  welcomed(now: number): void {
    this.#reconnect.welcomed(now);
    this.#become({ kind: "online", caughtUp: false });
  }

  /** Every conversation is held up to its head. */
  caughtUp(): void {
    if (this.#state.kind === "online" && !this.#state.caughtUp) this.#become({ kind: "online", caughtUp: true });
  }

  /** There is reason to try now. */
  wake(now: number): void {
    if (this.#state.kind !== "waiting") return;
    const next = this.#reconnect.wake(now);
    if (next === null || !("at" in next)) return;
    this.#become({ ...this.#state, retryAt: Math.min(next.at, this.#state.retryAt), networkDown: isNetworkDown() });
  }

  stop(reason: StopReason): void {
    this.#link?.close();
    this.#link = null;
    this.#events.onStopped();
    this.#become({ kind: "stopped", reason });
  }

  #lost(reason: BreakReason, code: number | null, now: number): void {
    const networkDown = isNetworkDown();
    this.#link = null;
    this.#events.onLost(reason, now);
    if (code === CLOSE_CODES.session_revoked) {
      if (!this.isOnline) return this.#events.onRevoked(code);
      // Signed out on purpose, or replaced: the answer to another `hello` tells.
      if (!this.#hasMadeSure) {
        this.#hasMadeSure = true;
        return this.attempt(now);
      }
    }
    const { isAsked } = this.#reconnect;
    const next = this.#reconnect.lost(code, Math.random(), now);
    if ("never" in next) {
      const isSignedOut = next.never === CLOSE_CODES.unauthenticated || next.never === CLOSE_CODES.session_revoked;
      return this.stop({ kind: isSignedOut ? "signed_out" : "refused", code: next.never });
    }
    const attempt = this.#reconnect.failures;
    const retryAt = isAsked ? next.at : this.#soon(next.at, now);
    this.#become({ kind: "waiting", reason, attempt, retryAt, networkDown });
  }

  /** A wait that a person can bear. */
  #soon(at: number, now: number): number {
    if (!this.#events.isSeen()) return at;
    return Math.min(at, now + FOREGROUND_WAIT * (0.5 + Math.random() / 2));
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#events.onState(state);
  }
}

/** Whether the browser knows that there is no network at all. */
function isNetworkDown(): boolean {
  return typeof navigator !== "undefined" && navigator.onLine === false;
}
