/**
 * The one owner of the connection: the only loop of this library.
 *
 * calls, frames, time → `Exchange`, `Pulse`, `Connection` → events, frames, storage
 *
 * Owns: the turn. Everything that happens is one: take an input, let the parts decide, tell what happened, and set the
 * next timer.
 * Promises: a request is kept before it is sent, and an entry before it is acked; every wait ends.
 * Not here: what is said over the connection (`Exchange`), whether it is alive (`Pulse`), when to make another
 * (`Connection`), and who runs an engine (`tabs`).
 */
import type { BreakReason, ConnectionState, Happening, Outgoing } from "../client/events.ts";
import type { ReactionWish } from "../delivery/reactions.ts";
import { HongyanError } from "../errors.ts";
import { TOO_LARGE } from "../frames.ts";
import type { Storage } from "../storage/storage.ts";
import { TABLES } from "../storage/storage.ts";
import type { Backend } from "../tabs/backend.ts";
import type { ClientFrame, HistoryPage, MessageReactions, ServerFrame, UserPresence, UserProfile, ViewChange, Welcome } from "../wire.gen.ts";
import { Book } from "./book.ts";
import type { Range } from "./book.ts";
import { Clock } from "./clock.ts";
import { Connection } from "./connection.ts";
import type { ConnectionOptions } from "./connection.ts";
import { Exchange } from "./exchange.ts";
import { Keeper } from "./keeper.ts";
import { load } from "./load.ts";
import type { Loaded } from "./load.ts";
import { Pulse } from "./pulse.ts";
import { Requests } from "./requests.ts";

export interface EngineOptions extends ConnectionOptions {
  start: "recent" | "everything";
  keepEntries: number;
  network: string;
}

export class Engine implements Backend {
  readonly #tell: (happenings: Happening[]) => void;
  readonly #storage: Storage;
  readonly #clock = new Clock();
  readonly #book: Book;
  readonly #keeper: Keeper;
  readonly #connection: Connection;
  readonly #exchange: Exchange;
  readonly #pulse: Pulse;

  /** Whether this turn has sent something that acks can go along with. */
  #hasSent = false;
  #garbage = 0;
  /** The conversation that is on the screen, whether somebody looks at that or not. */
  #watched: number | null = null;
  /** Once the session was signed out on purpose: resolves when nothing is kept any more. */
  #erased: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes up what is kept, and begins to connect. */
  static async start(
    options: EngineOptions,
    storage: Storage,
    tell: (happenings: Happening[]) => void,
  ): Promise<Engine> {
    const loaded = await load(storage);
    return new Engine(options, storage, tell, loaded);
  }

  private constructor(
    options: EngineOptions,
    storage: Storage,
    tell: (happenings: Happening[]) => void,
    loaded: Loaded,
  ) {
    this.#tell = tell;
    this.#storage = storage;
    const requests = new Requests();
    this.#book = new Book(loaded, options.keepEntries, (conv) => requests.isAsked(conv));
    this.#exchange = new Exchange(options.start, loaded, this.#book, requests, {
      send: (frame) => this.#send(frame),
      drop: (reason) => this.#connection.drop(reason),
      now: () => this.#clock.now(),
    });
    this.#pulse = new Pulse(options.network, loaded.meta.networks ?? [], this.#clock.now());
    this.#connection = new Connection(options, {
      turn: (input) => this.#turn(input),
      onWelcome: (welcome, roundTrip, now) => this.#welcomed(welcome, roundTrip, now),
      onFrame: (frame, bytes, now) => this.#frame(frame, bytes, now),
      onLost: (reason, now) => this.#lost(reason, now),
      onStopped: () => this.#stopped(),
      onRevoked: (code) => this.#erase(code),
      onState: (state) => this.#book.tell("connection", state),
      isSeen: () => this.#pulse.isSeen,
    });
    this.#keeper = new Keeper(storage, {
      take: () => (this.#erased === null ? this.#exchange.take() : null),
      written: () => this.#turn(() => this.#exchange.written()),
      hasPromptTimers: () => this.#pulse.isSeen,
    });
    this.#turn((now) => {
      this.#exchange.resume(loaded, now);
      this.#connection.attempt(now);
    });
  }

  get connection(): ConnectionState {
    return this.#connection.state;
  }

  /** Everything that an application shows, for a tab that joins. */
  snapshot(): Happening[] {
    return [["connection", this.#connection.state], ...this.#book.snapshotEvents()];
  }

  /** Takes a request. Resolves when it is kept; it is sent only then. */
  async submit(outgoing: Outgoing): Promise<void> {
    if (this.#exchange.has(outgoing.clientId)) return;
    const isNew = this.#book.submit(outgoing);
    if (isNew) await this.kept();
    this.#turn((now) => this.#exchange.submit(outgoing, now));
  }

  /** Sends a failed request again, after those that wait. */
  async resend(clientId: string): Promise<void> {
    const outgoing = this.#book.outgoing(clientId);
    if (outgoing?.state === "failed") await this.submit({ clientId, append: outgoing.append, at: outgoing.at, state: "waiting" });
  }

  /** Drops a request that failed or waits; false when it is in flight or gone. */
  async discard(clientId: string): Promise<boolean> {
    const outgoing = this.#book.outgoing(clientId);
    if (outgoing === null || outgoing.state === "sent") return false;
    let isTaken = outgoing.state === "failed";
    this.#turn((now) => (isTaken ||= this.#exchange.cancel(clientId, now)));
    if (!isTaken) return false;
    this.#turn(() => this.#book.discard(clientId));
    await this.kept();
    return true;
  }

  /** Everything up to `seq` was read. */
  read(conv: number, seq: number): void {
    this.#turn(() => this.#exchange.read(conv, seq));
  }

  /** A page of the log. What of it continues what is kept is kept by then. */
  async history(conv: number, range: Range): Promise<HistoryPage> {
    const page = await new Promise<HistoryPage>((resolve, reject) => {
      this.#turn((now) => {
        if (!this.#connection.isOnline) return reject(new HongyanError("unreachable", "there is no connection", 1000));
        this.#exchange.history(conv, range, resolve, reject, now);
      });
    });
    const [first, last] = [page.entries[0], page.entries.at(-1)];
    if (first !== undefined && last !== undefined) this.#turn(() => this.#exchange.look(conv, { from: first.seq, to: last.seq }));
    await this.kept();
    return page;
  }

  /** Somebody looks at this conversation now: how its reactions stand is told from now on, and what is live in it. Null:
   * at none. */
  async watch(conv: number | null): Promise<void> {
    this.#watched = conv;
    this.#turn(() => this.#watch());
    if (conv === null) return;
    if (!this.#exchange.isFollowed(conv)) await this.kept();
    const records = await this.#storage.read("reactions", { from: [conv, 0], to: [conv, Number.MAX_SAFE_INTEGER] });
    const [first, ...rest] = records.map(({ value }) => value as number | MessageReactions);
    const messages = rest.filter((one) => typeof one !== "number");
    const kept = typeof first === "number" ? { number: first, messages } : { number: null, messages: [] };
    this.#turn(() => this.#exchange.follow(conv, kept));
  }

  /** These messages of a conversation are on the screen. */
  async show(conv: number, seqs: readonly number[]): Promise<void> {
    this.#turn(() => this.#exchange.show(conv, seqs));
  }

  /** All unread messages of a conversation that mention the user, as the application has asked for them. */
  async mentions(conv: number, seqs: readonly number[]): Promise<void> {
    this.#turn(() => this.#book.takeMentions(conv, seqs));
  }

  /** Changes what the user makes of a conversation. Resolves when the server has it. */
  setView(conv: number, change: ViewChange): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#connection.isStopped) return reject(new HongyanError("closed", "the client is closed"));
      this.#turn(() => this.#exchange.setView(conv, change, { resolve, reject }));
    });
  }

  /** Whether these users are there. */
  async presence(users: number[]): Promise<UserPresence[]> {
    return new Promise((resolve, reject) => {
      this.#turn((now) => {
        if (!this.#connection.isOnline) return reject(new HongyanError("unreachable", "there is no connection", 1000));
        this.#exchange.whoIsThere(users, { resolve, reject }, now);
      });
    });
  }

  /** The user is writing in this conversation. */
  typing(conv: number): void {
    this.#turn((now) => this.#exchange.typing(conv, now));
  }

  /** Sets a reaction, or takes it back. Resolves when the server has it. */
  react(wish: ReactionWish): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#connection.isStopped) return reject(new HongyanError("closed", "the client is closed"));
      this.#turn(() => this.#exchange.react(wish, resolve, reject));
    });
  }

  /** Whether somebody looks, at any tab. */
  setVisible(isVisible: boolean): void {
    this.#turn((now) => {
      if (!this.#pulse.setSeen(isVisible, now)) return;
      if (isVisible) this.#wake(now);
      this.#watch();
    });
  }

  setNetwork(key: string): void {
    this.#turn((now) => {
      this.#pulse.networkChanged(key, now);
      this.#wake(now);
    });
  }

  /** The network may be back, or the machine woke up: try now, or make sure of the connection. */
  wake(): void {
    this.#turn((now) => this.#wake(now));
  }

  /** Time passed, which a timer may be late to tell. */
  tick(): void {
    this.#turn(() => {});
  }

  /** Nobody else needs to know. */
  draft(): void {}

  /** Names that the application has learnt otherwise. */
  profiles(users: UserProfile[]): void {
    this.#turn(() => this.#book.learn(users));
  }

  /** Resolves when everything so far is in the storage. */
  kept(): Promise<void> {
    return this.#keeper.keep();
  }

  /** Ends the connection; what is pending is written first. */
  async close(): Promise<void> {
    this.#turn(() => this.#exchange.sendAcks());
    this.#turn(() => this.#erased === null && this.#connection.stop({ kind: "closed" }));
    await this.kept();
    await this.#erased;
  }

  #welcomed(welcome: Welcome, roundTrip: number, now: number): void {
    const stored = this.#book.me;
    if (stored !== null && stored.id !== welcome.user.id) {
      return this.#connection.stop({ kind: "other_user", stored: stored.id, welcomed: welcome.user.id });
    }
    this.#book.setMe(welcome.user);
    this.#pulse.connected(welcome.heartbeat, now);
    this.#exchange.roundTrip(roundTrip);
    this.#connection.welcomed(now);
    this.#exchange.connected(welcome, now);
  }

  #lost(reason: BreakReason, now: number): void {
    if (reason.kind === "garbage" && reason.problem === TOO_LARGE) this.#exchange.pageWasTooLarge();
    this.#disconnected(now, reason.kind === "broken");
    if (reason.kind !== "garbage") return;
    this.#garbage += 1;
    this.#book.tell("garbage", { problem: reason.problem, count: this.#garbage });
  }

  #disconnected(now: number, isCut: boolean): void {
    this.#exchange.disconnected();
    this.#pulse.disconnected(now, isCut);
    this.#book.disconnected();
  }

  #stopped(): void {
    this.#disconnected(this.#clock.now(), false);
    this.#exchange.stopped();
  }

  /** The session was signed out on purpose, perhaps because this device is lost: nothing of it stays here. */
  #erase(code: number): void {
    const { unsent } = this.#book;
    const drained = this.kept().catch(() => {});
    const clear = TABLES.map((table) => ({ op: "clear", table }) as const);
    this.#erased = drained.then(() => this.#storage.write(clear, true)).catch(() => {});
    this.#connection.stop({ kind: "signed_out", code, erased: { unsent } });
  }

  /** Nobody looks at a conversation where nobody looks at the program. */
  #watch(): void {
    this.#exchange.watch(this.#pulse.isSeen ? this.#watched : null, this.#connection.isOnline);
  }

  #wake(now: number): void {
    if (this.#connection.isOnline) this.#pulse.doubt(now);
    else this.#connection.wake(now);
  }

  #frame(frame: ServerFrame | null, bytes: number, now: number): void {
    this.#pulse.heard(now);
    this.#exchange.heard(bytes, now);
    if (frame === null) return;
    if (frame.type === "pong") this.#pulse.pong(frame.next_interval_ms);
    if (frame.type === "bye") this.#connection.bye(frame.retry_after_ms);
    this.#exchange.frame(frame, now);
  }

  /** One turn: an input, what follows from it, and when to wake up next. */
  #turn(input: (now: number) => void): void {
    const now = this.#clock.now();
    this.#hasSent = false;
    input(now);
    if (!this.#connection.isStopped) this.#follow(now);
    const happenings = this.#book.happenings();
    if (happenings.length > 0) this.#tell(happenings);
    if (this.#book.isDirty) this.#keeper.soon();
    this.#schedule(now);
  }

  /** What is due now, and what the input has made possible. */
  #follow(now: number): void {
    const { retryAt } = this.#connection;
    if (retryAt !== null && retryAt <= now) this.#connection.attempt(now);
    if (!this.#connection.isOnline) return;
    if (this.#pulse.isDoubtful(now)) return this.#connection.drop({ kind: "silent" });
    this.#exchange.tick(now);
    this.#beat(now);
    // A timer that would come too late is not waited for.
    this.#exchange.ack(now, this.#hasSent || this.#pulse.timerLag(now) > 0);
    if (this.#exchange.isCaughtUp) this.#connection.caughtUp();
    const learnt = this.#pulse.learnt(now);
    if (learnt !== null) this.#book.setNetworks(learnt);
  }

  #beat(now: number): void {
    this.#expect(now);
    for (const action of this.#pulse.beat(now)) {
      if (action.kind === "dead") this.#connection.drop({ kind: "silent" });
      else this.#hasSent = this.#connection.send({ type: "ping", ...action.ping }) || this.#hasSent;
    }
  }

  /** Puts off the verdict of a silence that is none: only whole frames show that something comes, and the longest
   * takes its time over a slow link; and a ping waits behind what is sent before it. */
  #expect(now: number): void {
    const isGoing = this.#pulse.isGoing(this.#connection.unsent);
    if (isGoing) this.#exchange.isGoing(now);
    const isComing = this.#pulse.isComing(this.#exchange.allowance, now);
    if (isGoing || isComing || this.#exchange.isWaiting) this.#pulse.moved(now);
  }

  #send(frame: ClientFrame): void {
    if (!this.#connection.send(frame)) return;
    this.#hasSent = true;
    this.#pulse.sent(this.#clock.now());
  }

  #schedule(now: number): void {
    clearTimeout(this.#timer);
    const next = this.#nextDeadline(now);
    if (next === null) return;
    this.#timer = setTimeout(() => this.#turn(() => {}), Math.max(0, Math.min(next - now, 2 ** 31 - 1)));
  }

  #nextDeadline(now: number): number | null {
    const { retryAt, isOnline } = this.#connection;
    if (!isOnline) return retryAt;
    const deadlines = [...this.#pulse.deadlines(now), ...this.#exchange.deadlines()].filter((deadline) => deadline !== null);
    return deadlines.length === 0 ? null : Math.min(...deadlines);
  }
}
