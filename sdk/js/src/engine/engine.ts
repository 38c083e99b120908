/**
 * The one owner of the connection: the socket, the machines and the timers.
 *
 * calls, frames, time → machines → actions → events, frames, storage
 *
 * Owns: the only loop of this library. Everything that happens is one turn of it: take an input, let
 * the machines decide, carry out what they say, tell what happened.
 * Promises: a request is kept before it is sent, and an entry before it is acked; every wait ends.
 * Not here: any decision that a machine of `delivery` can make, and who runs an engine (`tabs`).
 */
import type { BreakReason, ConnectionState, Happening, Outgoing, StopReason } from "../client/events.ts";
import { Heartbeat } from "../delivery/heartbeat/heartbeat.ts";
import type { HeartbeatAction } from "../delivery/heartbeat/heartbeat.ts";
import { Incoming } from "../delivery/incoming/incoming.ts";
import { PAGING } from "../delivery/incoming/pages.ts";
import { INCOMING_POLICY } from "../delivery/incoming/types.ts";
import type { IncomingAction } from "../delivery/incoming/types.ts";
import { AnsweredList } from "../delivery/answered.ts";
import { entryOf, Outbox, OUTBOX_POLICY } from "../delivery/outbox.ts";
import type { OutboxAction } from "../delivery/outbox.ts";
import { Reads } from "../delivery/reads.ts";
import { Reconnect } from "../delivery/reconnect.ts";
import { HongyanError } from "../errors.ts";
import { TOO_LARGE } from "../frames.ts";
import { serverUrl } from "../http.ts";
import type { Backend } from "../tabs/backend.ts";
import { TABLES } from "../storage/storage.ts";
import type { Storage } from "../storage/storage.ts";
import type { ClientFrame, Entry, Failure, HistoryPage, ServerFrame, UserProfile, Welcome } from "../wire.gen.ts";
import { CLOSE_CODES, LIMITS, WEBSOCKET_PATH } from "../wire.gen.ts";
import { Acks, Unkept } from "./acks.ts";
import { Book } from "./book.ts";
import type { Range } from "./book.ts";
import { Clock } from "./clock.ts";
import { Keeper } from "./keeper.ts";
import { Link } from "./link.ts";
import type { WebSocketClass } from "./link.ts";
import { load } from "./load.ts";
import type { Loaded } from "./load.ts";
import { Requests } from "./requests.ts";
import type { Asker } from "./requests.ts";

/** While somebody looks, no wait for the next attempt is longer, in ms: a person waits for it. */
const FOREGROUND_WAIT = 2_500;

/** After a hint that the network changed, a connection that stays silent for so long is given up, in ms. */
const PROBE_TIMEOUT = 2_000;

/** Browsers let the timers of a page that was hidden for five minutes run once a minute. */
const THROTTLED_AFTER = 5 * 60_000;
const THROTTLED_TIMER = 60_000;

/** What the heartbeat has learnt is kept so often, in ms. */
const NETWORKS_EVERY = 60_000;

export interface EngineOptions {
  server: string;
  token?: string;
  start: "recent" | "everything";
  keepEntries: number;
  clientName: string;
  network: string;
  WebSocket: WebSocketClass;
}

export class Engine implements Backend {
  readonly #options: EngineOptions;
  readonly #url: string;
  readonly #tell: (happenings: Happening[]) => void;
  readonly #storage: Storage;
  readonly #clock = new Clock();
  readonly #book: Book;
  readonly #keeper: Keeper;

  readonly #incoming: Incoming;
  readonly #outbox: Outbox;
  readonly #heartbeat: Heartbeat;
  readonly #reconnect = new Reconnect();
  readonly #reads = new Reads();
  readonly #requests = new Requests();
  readonly #acks = new Acks();
  readonly #unkept = new Unkept();
  /** Whether this turn has sent something that acks can go along with. */
  #hasSent = false;

  #link: Link | null = null;
  #state: ConnectionState = { kind: "connecting", attempt: 1 };
  #garbage = 0;
  /** Whether a session that seemed to be signed out was asked for once more. */
  #hasMadeSure = false;
  /** Once the session was signed out on purpose: resolves when nothing is kept any more. */
  #erased: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #probeUntil: number | null = null;
  #hiddenSince: number | null = null;
  #networksAt = 0;
  /** When the last frame came on this connection, how long a pong may take, and what was not sent when last looked. */
  #heardAt = 0;
  #patience = 0;
  #unsent = 0;

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
    this.#options = options;
    this.#tell = tell;
    this.#storage = storage;
    const book = new Book(loaded, options.keepEntries, (conv) => this.#requests.isAsked(conv));
    this.#book = book;
    const url = serverUrl(options.server);
    this.#url = `ws${url.origin.slice("http".length)}${url.pathname}${WEBSOCKET_PATH.slice(1)}`;
    this.#incoming = new Incoming({ ...INCOMING_POLICY, start: options.start, paging: PAGING }, book.snapshot(loaded));
    const answered = new AnsweredList(loaded.answered, (clientId, message) => book.answered(clientId, message));
    this.#outbox = new Outbox({ ...OUTBOX_POLICY, capacity: Infinity }, answered);
    for (const { conv, other } of loaded.rows) {
      if (other !== null) this.#outbox.learnDirect(other, conv);
    }
    this.#heartbeat = new Heartbeat(options.network);
    this.#heartbeat.remember(loaded.meta.networks ?? [], this.#clock.now());
    for (const { conv, seq } of loaded.meta.reads ?? []) this.#reads.mark(conv, seq);
    this.#keeper = new Keeper(storage, {
      take: () => {
        if (this.#erased !== null) return null;
        const batch = this.#book.take(this.#incoming, this.#reads);
        if (batch !== null) this.#unkept.take();
        return batch;
      },
      written: () => this.#turn(() => this.#acks.count(this.#unkept.written())),
      hasPromptTimers: () => this.#hiddenSince === null,
    });
    this.#turn((now) => {
      const out: OutboxAction[] = [];
      for (const { append, state } of loaded.outgoing) {
        if (state !== "failed") this.#outbox.submit(append, now, out);
      }
      this.#attempt(now);
    });
  }

  get connection(): ConnectionState {
    return this.#state;
  }

  /** Everything that an application shows, for a tab that joins. */
  snapshot(): Happening[] {
    return [["connection", this.#state], ...this.#book.snapshotEvents()];
  }

  /** Takes a request. Resolves when it is kept; it is sent only then. */
  async submit(outgoing: Outgoing): Promise<void> {
    if (this.#outbox.has(outgoing.clientId)) return;
    const isNew = this.#book.submit(outgoing);
    if (isNew) await this.#keep();
    this.#turn((now) => this.#out((out) => this.#outbox.submit(outgoing.append, now, out)));
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
    this.#turn((now) => this.#out((out) => (isTaken ||= this.#outbox.cancel(clientId, now, out))));
    if (!isTaken) return false;
    this.#turn(() => this.#book.discard(clientId));
    await this.#keep();
    return true;
  }

  /** Everything up to `seq` was read. */
  read(conv: number, seq: number): void {
    this.#turn(() => {
      if (this.#book.read(conv, seq)) this.#reads.mark(conv, seq);
    });
  }

  /** A page of the log. What of it continues what is kept is kept by then. */
  async history(conv: number, range: Range): Promise<HistoryPage> {
    const page = await new Promise<HistoryPage>((resolve, reject) => {
      this.#turn((now) => {
        if (this.#state.kind !== "online") {
          return reject(new HongyanError("unreachable", "there is no connection", 1000));
        }
        const take = (page: HistoryPage): void => resolve(this.#book.page(page));
        const req = this.#requests.askForApplication({ conv, resolve: take, reject }, now);
        const limit = this.#incoming.pageOf(range.limit ?? LIMITS.HISTORY_ENTRIES_DEFAULT);
        const bytes = this.#incoming.wishedBytes;
        const wish = bytes === undefined ? {} : { bytes };
        if (req !== null) this.#send({ type: "history", req, conv, ...range, limit, ...wish });
      });
    });
    await this.#keep();
    return page;
  }

  /** Whether somebody looks, at any tab. */
  setVisible(isVisible: boolean): void {
    this.#turn((now) => {
      const wasVisible = this.#hiddenSince === null;
      if (isVisible === wasVisible) return;
      this.#hiddenSince = isVisible ? null : now;
      this.#heartbeat.setBackground(!isVisible);
      if (isVisible) this.#wake(now);
      // So that the server knows, and allows longer intervals before timers become rare.
      else this.#heartbeat.hurry();
    });
  }

  setNetwork(key: string): void {
    this.#turn((now) => {
      this.#heartbeat.networkChanged(key, now);
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
    this.#turn(() => this.#learn(users));
  }

  /** Resolves when everything so far is in the storage. */
  kept(): Promise<void> {
    return this.#keep();
  }

  /** Ends the connection; what is pending is written first. */
  async close(): Promise<void> {
    this.#turn(() => this.#sendAcks());
    this.#turn(() => this.#erased === null && this.#stop({ kind: "closed" }));
    await this.#keep();
    await this.#erased;
  }

  #attempt(now: number): void {
    this.#reconnect.attempt(now);
    this.#become({ kind: "connecting", attempt: this.#reconnect.failures + 1 });
    const { token, clientName } = this.#options;
    const hello: ClientFrame = { type: "hello", req: 0, client: clientName, ...(token === undefined ? {} : { token }) };
    this.#link = new Link(this.#url, hello, this.#options.WebSocket, {
      onWelcome: (welcome, roundTrip) => this.#turn((at) => this.#welcomed(welcome, roundTrip, at)),
      onFrame: (frame, bytes) => this.#turn((at) => this.#frame(frame, bytes, at)),
      onLost: (reason, code) => this.#turn((at) => this.#lost(reason, code, at)),
    });
  }

  #welcomed(welcome: Welcome, roundTrip: number, now: number): void {
    const stored = this.#book.me;
    if (stored !== null && stored.id !== welcome.user.id) {
      return this.#stop({ kind: "other_user", stored: stored.id, welcomed: welcome.user.id });
    }
    this.#book.setMe(welcome.user);
    this.#reconnect.welcomed(now);
    this.#heartbeat.connected(welcome.heartbeat, now);
    this.#heardAt = now;
    this.#unsent = 0;
    this.#patience = welcome.heartbeat.timeout_ms;
    this.#incoming.roundTrip(roundTrip);
    this.#become({ kind: "online", caughtUp: false });
    const { epoch } = welcome;
    // First of all: in another history other things are to be sent.
    if (epoch !== undefined) this.#in((out) => this.#incoming.historyIs(epoch, out));
    this.#in((out) => this.#incoming.connected(welcome.user.id, now, out));
    this.#out((out) => this.#outbox.connected(now, out));
  }

  #lost(reason: BreakReason, code: number | null, now: number): void {
    const networkDown = isNetworkDown();
    if (reason.kind === "broken") this.#heartbeat.cut(now);
    if (reason.kind === "garbage" && reason.problem === TOO_LARGE) this.#incoming.pageWasTooLarge();
    this.#disconnected(now);
    if (reason.kind === "garbage") {
      this.#garbage += 1;
      this.#book.tell("garbage", { problem: reason.problem, count: this.#garbage });
    }
    if (code === CLOSE_CODES.session_revoked) {
      if (this.#state.kind !== "online") return this.#erase(code);
      // Signed out on purpose, or replaced: the answer to another `hello` tells.
      if (!this.#hasMadeSure) {
        this.#hasMadeSure = true;
        return this.#attempt(now);
      }
    }
    const { isAsked } = this.#reconnect;
    const next = this.#reconnect.lost(code, Math.random(), now);
    if ("never" in next) {
      const isSignedOut = next.never === CLOSE_CODES.unauthenticated || next.never === CLOSE_CODES.session_revoked;
      return this.#stop({ kind: isSignedOut ? "signed_out" : "refused", code: next.never });
    }
    const attempt = this.#reconnect.failures;
    const retryAt = isAsked ? next.at : this.#soon(next.at, now);
    this.#become({ kind: "waiting", reason, attempt, retryAt, networkDown });
  }

  /** A wait that a person can bear. */
  #soon(at: number, now: number): number {
    if (this.#hiddenSince !== null) return at;
    return Math.min(at, now + FOREGROUND_WAIT * (0.5 + Math.random() / 2));
  }

  #disconnected(now: number): void {
    this.#link = null;
    this.#probeUntil = null;
    this.#requests.disconnected();
    this.#incoming.disconnected();
    this.#outbox.disconnected();
    this.#reads.disconnected();
    this.#heartbeat.disconnected(now);
    this.#book.disconnected();
  }

  /** The session was signed out on purpose, perhaps because this device is lost: nothing of it stays here. */
  #erase(code: number): void {
    const { unsent } = this.#book;
    const drained = this.#keep().catch(() => {});
    const clear = TABLES.map((table) => ({ op: "clear", table }) as const);
    this.#erased = drained.then(() => this.#storage.write(clear, true)).catch(() => {});
    this.#stop({ kind: "signed_out", code, erased: { unsent } });
  }

  #stop(reason: StopReason): void {
    this.#link?.close();
    this.#disconnected(this.#clock.now());
    this.#become({ kind: "stopped", reason });
  }

  #wake(now: number): void {
    if (this.#state.kind === "waiting") {
      const next = this.#reconnect.wake(now);
      if (next !== null && "at" in next) this.#become({ ...this.#state, retryAt: Math.min(next.at, this.#state.retryAt), networkDown: isNetworkDown() });
    } else if (this.#state.kind === "online") {
      this.#heartbeat.hurry();
      this.#probeUntil ??= now + PROBE_TIMEOUT;
    }
  }

  #frame(frame: ServerFrame | null, bytes: number, now: number): void {
    this.#probeUntil = null;
    this.#heartbeat.received(now);
    this.#heardAt = now;
    this.#incoming.life(now);
    this.#outbox.life(now);
    this.#requests.life(now);
    this.#incoming.weigh(bytes);
    if (frame === null) return;
    const asker = this.#requests.answered(frame.req);
    switch (frame.type) {
      case "entry":
        return this.#in((out) => this.#incoming.entry(frame, now, out));
      case "receipt":
        return this.#book.receipt(frame);
      case "profiles":
        return this.#learn(frame.users);
      case "pong":
        return this.#heartbeat.pong(frame.next_interval_ms);
      case "bye":
        return this.#reconnect.bye(frame.retry_after_ms);
      case "sent":
        return this.#out((out) => this.#outbox.sent(frame, now, out));
      case "done":
        return asker?.kind === "read" ? this.#reads.answered(asker.conv, asker.seq) : undefined;
      case "synced":
        if (asker?.kind !== "sync") return;
        this.#book.profiles(frame.users);
        for (const { user, conv } of this.#book.directs(frame.conversations)) this.#outbox.learnDirect(user, conv);
        for (const { user, conv } of frame.list ?? []) if (user !== undefined) this.#outbox.learnDirect(user, conv);
        this.#in((out) => this.#incoming.synced(frame, now, out));
        return this.#book.synced(this.#incoming);
      case "history":
        if (asker?.kind === "fetch") this.#in((out) => this.#incoming.fetched(frame, now, out));
        if (asker?.kind === "history") asker.resolve(frame);
        if (asker?.kind === "look") {
          const found = frame.entries.find(({ seq }) => seq === asker.seq)?.id ?? null;
          this.#out((out) => this.#outbox.looked(asker.clientId, found, now, out));
        }
        return;
      case "error":
        return asker === null ? undefined : this.#refused(asker, frame, now);
      case "welcome":
        // A second one tells nothing.
        return;
    }
  }

  /** What users are called now. */
  #learn(users: UserProfile[]): void {
    const me = users.find(({ id }) => id === this.#book.me?.id);
    if (me !== undefined) this.#book.setMe(me);
    this.#book.profiles(users);
  }

  #refused(asker: Asker, failure: Failure, now: number): void {
    const random = Math.random();
    switch (asker.kind) {
      case "append":
      case "look":
        return this.#out((out) => this.#outbox.failed(asker.clientId, failure, random, now, out));
      case "sync":
        if (failure.code === "bad_request") return this.#incoming.syncRefused(random, now);
        return this.#incoming.syncFailed(failure.retry_after_ms, random, now);
      case "fetch": {
        const isGone = failure.code === "conversation_not_found" || failure.code === "forbidden";
        if (isGone) this.#book.gone(asker.conv);
        return this.#in((out) => {
          if (isGone) this.#incoming.forget(asker.conv, now, out);
          else this.#incoming.fetchFailed(asker.conv, failure.retry_after_ms, random, now, out);
        });
      }
      case "read":
        // Not worth a retry: the next mark covers it.
        return this.#reads.answered(asker.conv, asker.seq);
      case "history":
        return asker.reject(new HongyanError(failure.code, failure.message, failure.retry_after_ms ?? null));
    }
  }

  /** One turn: an input, what follows from it, and when to wake up next. */
  #turn(input: (now: number) => void): void {
    const now = this.#clock.now();
    this.#hasSent = false;
    input(now);
    if (this.#state.kind !== "stopped") this.#follow(now);
    const happenings = this.#book.happenings();
    if (happenings.length > 0) this.#tell(happenings);
    if (this.#book.isDirty) this.#keeper.soon();
    this.#schedule(now);
  }

  /** What is due now, and what the input has made possible. */
  #follow(now: number): void {
    if (this.#state.kind === "waiting" && this.#state.retryAt <= now) this.#attempt(now);
    if (this.#state.kind !== "online") return;
    if (this.#probeUntil !== null && this.#probeUntil <= now) return this.#link?.drop({ kind: "silent" });
    this.#requests.tick(now);
    this.#in((out) => this.#incoming.tick(now, out));
    this.#out((out) => this.#outbox.tick(now, out));
    for (let mark = this.#reads.next(); mark !== null; mark = this.#reads.next()) {
      this.#send({ type: "read", req: this.#requests.ask({ kind: "read", ...mark }), ...mark });
    }
    this.#beat(now);
    this.#ack(now);
    if (this.#state.kind === "online" && !this.#state.caughtUp && this.#incoming.isCaughtUp) this.#become({ kind: "online", caughtUp: true });
    if (now - this.#networksAt >= NETWORKS_EVERY) {
      this.#networksAt = now;
      this.#book.setNetworks(this.#heartbeat.networks(now));
    }
  }

  #beat(now: number): void {
    this.#expect(now);
    const deadline = this.#heartbeat.nextDeadline();
    // The timer that the ping waits for may come a minute late.
    if (deadline !== null && deadline - now < this.#timerLag(deadline)) this.#heartbeat.hurry();
    const out: HeartbeatAction[] = [];
    this.#heartbeat.tick(now, out);
    for (const action of out) {
      if (action.kind === "dead") this.#link?.drop({ kind: "silent" });
      else {
        this.#link?.send({ type: "ping", ...action.ping });
        this.#hasSent = true;
      }
    }
  }

  /** Puts off the verdict of a silence that is none: only whole frames show that something comes, and the longest
   * takes its time over a slow link; and a ping waits behind what is sent before it. */
  #expect(now: number): void {
    const unsent = this.#link?.unsent ?? 0;
    const isGoing = unsent < this.#unsent;
    this.#unsent = unsent;
    if (isGoing) this.#outbox.life(now);
    const isComing = now - this.#heardAt < this.#patience + this.#incoming.allowance;
    const isAllowed = this.#incoming.allowance > 0 && isComing;
    if (isGoing || isAllowed || this.#outbox.isWaiting) this.#heartbeat.moved(now);
  }

  /** Sends the acks whose entries are kept, when it is time, or along with what is sent anyway. */
  #ack(now: number): void {
    if (!this.#incoming.owesAcks) return this.#acks.clear();
    if (!this.#unkept.hasNews) return;
    // A timer that would come too late is not waited for.
    if (this.#acks.isDue(now) || this.#hasSent || this.#timerLag(now) > 0) this.#sendAcks();
  }

  #sendAcks(): void {
    this.#in((out) => this.#incoming.flush(out, (conv) => this.#unkept.keptTo(conv)));
    this.#unkept.told();
    this.#acks.clear();
  }

  /** Runs the incoming machine, and carries out what it says. */
  #in(run: (out: IncomingAction[]) => void): void {
    const actions: IncomingAction[] = [];
    run(actions);
    for (const action of actions) {
      switch (action.kind) {
        case "reset":
          this.#reset();
          break;
        case "deliver":
          this.#book.deliver(action.entry);
          this.#unkept.deliver(action.entry);
          break;
        case "conversation":
          this.#book.view(action.view);
          break;
        case "ack":
          this.#send({ type: "ack", conv: action.conv, seq: action.seq });
          break;
        case "sync": {
          const { kind: type, cursor, ...wishes } = action;
          const req = this.#requests.ask({ kind: "sync" });
          this.#send({ type, req, ...(cursor === null ? {} : { cursor }), ...wishes });
          break;
        }
        case "fetch": {
          const { conv } = action;
          const { kind: _, ...wishes } = action;
          this.#send({ type: "history", req: this.#requests.ask({ kind: "fetch", conv }), ...wishes });
        }
      }
    }
  }

  /** Runs the outbox, and carries out what it says. */
  #out(run: (out: OutboxAction[]) => void): void {
    const actions: OutboxAction[] = [];
    run(actions);
    for (const action of actions) {
      switch (action.kind) {
        case "request": {
          const { append } = action;
          this.#book.sending(append.client_id);
          const req = this.#requests.ask({ kind: "append", clientId: append.client_id });
          // The server reads a frame in one go where these two come first.
          this.#send({ ...{ type: append.type, req }, ...append });
          break;
        }
        case "look": {
          const { clientId, conv, seq } = action;
          const req = this.#requests.ask({ kind: "look", clientId, seq });
          this.#send({ type: "history", req, conv, before: seq + 1, limit: 1 });
          break;
        }
        case "done":
          this.#book.sent(action.append, action.sent);
          this.#own(entryOf(action.append, action.sent, this.#book.me?.id ?? 0));
          break;
        case "failed":
          this.#book.failed(action.append.client_id, action.failure);
          break;
        case "reconnect":
          this.#link?.drop({ kind: "unanswered" });
      }
    }
  }

  /** The server has another history: everything begins anew, but for what this device has to say. */
  #reset(): void {
    this.#book.reset();
    this.#unkept.clear();
    this.#acks.clear();
    this.#reads.clear();
    this.#out((out) => this.#outbox.historyReplaced(this.#clock.now(), out));
  }

  /** An entry of one's own: the answer to the request stands for its push. */
  #own(entry: Entry): void {
    this.#in((out) => this.#incoming.answered(entry, this.#clock.now(), out));
  }

  #send(frame: ClientFrame): void {
    if (this.#link === null) return;
    this.#link.send(frame);
    this.#hasSent = true;
    this.#heartbeat.sent(this.#clock.now());
  }

  /** Writes what there is to keep. */
  #keep(): Promise<void> {
    return this.#keeper.keep();
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#book.tell("connection", state);
  }

  #schedule(now: number): void {
    clearTimeout(this.#timer);
    const next = this.#nextDeadline(now);
    if (next === null) return;
    this.#timer = setTimeout(() => this.#turn(() => {}), Math.max(0, Math.min(next - now, 2 ** 31 - 1)));
  }

  #nextDeadline(now: number): number | null {
    if (this.#state.kind === "waiting") return this.#state.retryAt;
    if (this.#state.kind !== "online") return null;
    const beat = this.#heartbeat.nextDeadline();
    const deadlines = [
      beat === null ? null : Math.max(now + 1, beat - this.#timerLag(beat) + 1),
      this.#incoming.nextDeadline(),
      this.#outbox.nextDeadline(),
      this.#requests.nextDeadline(),
      this.#unkept.hasNews ? this.#acks.nextDeadline() : null,
      this.#probeUntil,
    ].filter((deadline) => deadline !== null);
    return deadlines.length === 0 ? null : Math.min(...deadlines);
  }

  /** How late a timer may come that is set for this time. */
  #timerLag(at: number): number {
    return this.#hiddenSince !== null && at - this.#hiddenSince >= THROTTLED_AFTER ? THROTTLED_TIMER : 0;
  }
}

/** Whether the browser knows that there is no network at all. */
function isNetworkDown(): boolean {
  return typeof navigator !== "undefined" && navigator.onLine === false;
}
