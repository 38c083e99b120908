/**
 * What is said over the connection: frames to the machines, and what the machines say to the wire and the book.
 *
 * frame → machine → actions → frames, book
 *
 * Owns: the machines of delivery, the requests without an answer, and the acks that wait.
 * Promises: every answer goes to who asked; an entry is acked only when it is kept.
 * Not here: any decision that a machine of `delivery` can make; the connection (`Connection`), and what is told and
 * kept (`Book`).
 */
import type { BreakReason, Outgoing } from "../client/events.ts";
import { AnsweredList } from "../delivery/answered.ts";
import { Incoming } from "../delivery/incoming/incoming.ts";
import { PAGING } from "../delivery/incoming/pages.ts";
import { INCOMING_POLICY } from "../delivery/incoming/types.ts";
import type { IncomingAction } from "../delivery/incoming/types.ts";
import { entryOf, Outbox, OUTBOX_POLICY } from "../delivery/outbox.ts";
import type { OutboxAction } from "../delivery/outbox.ts";
import type { Present } from "../delivery/presence.ts";
import { Presences } from "../delivery/presence.ts";
import { Reactions } from "../delivery/reactions.ts";
import type { ReactionAction, ReactionsWish, ReactionWish, Stretch } from "../delivery/reactions.ts";
import { ReadBy } from "../delivery/read-by.ts";
import { Reads } from "../delivery/reads.ts";
import { Typing } from "../delivery/typing.ts";
import type { Writing } from "../delivery/typing.ts";
import { Views } from "../delivery/views.ts";
import { HongyanError } from "../errors.ts";
import type { ClientFrame, Entry, Failure, HistoryPage, MessageReactions, ReactionsPage, ServerFrame, Synced, ViewChange, Welcome } from "../wire.gen.ts";
import { LIMITS } from "../wire.gen.ts";
import { Acks, Unkept } from "./acks.ts";
import type { Book, Range } from "./book.ts";
import type { Batch } from "./keeper.ts";
import type { Loaded } from "./load.ts";
import { Requests } from "./requests.ts";
import type { Asker, PresenceQuestion } from "./requests.ts";

/** The way to the server. */
export interface Wire {
  send(frame: ClientFrame): void;
  drop(reason: BreakReason): void;
  now(): number;
}

/** Who waits for something to be done. */
interface Waiter {
  resolve(): void;
  reject(problem: HongyanError): void;
}

/** Who waits for a reaction to be set. */
interface Reacting extends Waiter {
  wish: ReactionWish;
}

export class Exchange {
  readonly #wire: Wire;
  readonly #book: Book;
  readonly #incoming: Incoming;
  readonly #outbox: Outbox;
  readonly #reads = new Reads();
  readonly #reactions = new Reactions();
  readonly #views = new Views<Waiter>();
  readonly #typing = new Typing();
  readonly #presences = new Presences();
  readonly #readBy = new ReadBy();
  /** What somebody looks at; null while nobody does. */
  #watched: number | null = null;
  readonly #reacting = new Set<Reacting>();
  readonly #requests: Requests;
  readonly #acks = new Acks();
  readonly #unkept = new Unkept();

  constructor(start: "recent" | "everything", loaded: Loaded, book: Book, requests: Requests, wire: Wire) {
    this.#wire = wire;
    this.#book = book;
    this.#requests = requests;
    this.#incoming = new Incoming({ ...INCOMING_POLICY, start, paging: PAGING }, book.snapshot(loaded));
    const answered = new AnsweredList(loaded.answered, (clientId, message) => book.answered(clientId, message));
    this.#outbox = new Outbox({ ...OUTBOX_POLICY, capacity: Infinity }, answered);
    for (const { conv, other } of loaded.rows) {
      if (other !== null) this.#outbox.learnDirect(other, conv);
    }
    for (const { conv, seq } of loaded.meta.reads ?? []) this.#reads.mark(conv, seq);
  }

  /** Takes up what earlier programs have left to send. */
  resume({ outgoing }: Loaded, now: number): void {
    const out: OutboxAction[] = [];
    for (const { append, state } of outgoing) {
      if (state !== "failed") this.#outbox.submit(append, now, out);
    }
  }

  /** Whether every conversation is held up to its head. */
  get isCaughtUp(): boolean {
    return this.#incoming.isCaughtUp;
  }

  /** What the storage is to have by now; null when there is nothing. */
  take(): Batch | null {
    const batch = this.#book.take(this.#incoming, this.#reads);
    if (batch !== null) this.#unkept.take();
    return batch;
  }

  /** What was taken last is in the storage. */
  written(): void {
    this.#acks.count(this.#unkept.written());
  }

  has(clientId: string): boolean {
    return this.#outbox.has(clientId);
  }

  submit({ append }: Outgoing, now: number): void {
    this.#out((out) => this.#outbox.submit(append, now, out));
  }

  /** Takes a request back; false when it is in flight or gone. */
  cancel(clientId: string, now: number): boolean {
    let isTaken = false;
    this.#out((out) => (isTaken = this.#outbox.cancel(clientId, now, out)));
    return isTaken;
  }

  read(conv: number, seq: number): void {
    if (this.#book.read(conv, seq)) this.#reads.mark(conv, seq);
  }

  /** Asks for a page on behalf of the application. */
  history(conv: number, range: Range, resolve: (page: HistoryPage) => void, reject: (problem: HongyanError) => void, now: number): void {
    const take = (page: HistoryPage): void => resolve(this.#book.page(page));
    const req = this.#requests.askForApplication({ conv, resolve: take, reject }, now);
    if (req === null) return;
    const limit = this.#incoming.pageOf(range.limit ?? LIMITS.HISTORY_ENTRIES_DEFAULT);
    const bytes = this.#incoming.wishedBytes;
    this.#wire.send({ type: "history", req, conv, ...range, limit, ...(bytes === undefined ? {} : { bytes }) });
  }

  /** Somebody looks at this conversation now, and at no other; null: at none. */
  watch(conv: number | null, isOnline: boolean): void {
    if (conv === this.#watched) return;
    this.#watched = conv;
    this.#present(this.#presences.watch(conv));
    if (isOnline) this.#sendWatch();
  }

  /** These messages of a conversation are on the screen. */
  show(conv: number, seqs: readonly number[]): void {
    this.#readBy.show(conv, this.#book.isTold(conv) ? [] : seqs);
  }

  /** Asks whether users are there, on behalf of the application. */
  whoIsThere(users: number[], question: PresenceQuestion, now: number): void {
    const req = this.#requests.askWhoIsThere(question, now);
    if (req !== null) this.#wire.send({ type: "presence", req, users });
  }

  /** The user is writing. */
  typing(conv: number, now: number): void {
    if (this.#typing.write(conv, now)) this.#wire.send({ type: "typing", conv });
  }

  /** Changes what the user makes of a conversation. Resolves when the server has it. */
  setView(conv: number, change: ViewChange, waiter: Waiter): void {
    if (!this.#views.set(conv, change, waiter)) return waiter.reject(new HongyanError("overloaded", "too many changes wait for the server", 1000));
    this.#book.wishView(conv, this.#views.wish(conv));
  }

  isFollowed(conv: number): boolean {
    return this.#reactions.isFollowed(conv);
  }

  /** Somebody looks at a conversation, of whose reactions this is kept. */
  follow(conv: number, kept: { number: number | null; messages: MessageReactions[] }): void {
    this.#reactions.follow(conv, kept, this.#book.heldOf(conv));
  }

  /** Older messages came into sight. */
  look(conv: number, stretch: Stretch): void {
    this.#reactions.look(conv, stretch);
  }

  /** Sets a reaction, or takes it back. Resolves when the server has it. */
  react(wish: ReactionWish, resolve: () => void, reject: (problem: HongyanError) => void): void {
    this.#reacting.add({ wish, resolve, reject });
    let isTaken = true;
    this.#re((out) => (isTaken = this.#reactions.wish(wish, out)));
    if (!isTaken) this.#reacted(wish, { code: "overloaded", message: "too many reactions wait for the server", retry_after_ms: 1000 });
  }

  /** The connection is welcome. */
  connected({ epoch, user }: Welcome, now: number): void {
    // First of all: in another history other things are to be sent.
    if (epoch !== undefined) this.#in((out) => this.#incoming.historyIs(epoch, out));
    this.#in((out) => this.#incoming.connected(user.id, now, out));
    this.#out((out) => this.#outbox.connected(now, out));
    this.#reactions.connected(user.id);
    if (this.#watched !== null) this.#sendWatch();
  }

  /** How long the first question took, in ms. */
  roundTrip(roundTrip: number): void {
    this.#incoming.roundTrip(roundTrip);
  }

  /** A page was more than a frame may have: the next are smaller. */
  pageWasTooLarge(): void {
    this.#incoming.pageWasTooLarge();
  }

  disconnected(): void {
    this.#requests.disconnected();
    this.#incoming.disconnected();
    this.#outbox.disconnected();
    this.#reads.disconnected();
    this.#reactions.disconnected();
    this.#views.disconnected();
    this.#write(this.#typing.clear());
    this.#present(this.#presences.clear());
    this.#readBy.watching(null);
  }

  /** Whoever waits will wait in vain. */
  stopped(): void {
    for (const { reject } of [...this.#reacting, ...this.#views.clear()]) reject(new HongyanError("closed", "the client is closed"));
    this.#reacting.clear();
  }

  /** Something of this size came: answers are still to be expected. */
  heard(bytes: number, now: number): void {
    this.#incoming.life(now);
    this.#outbox.life(now);
    this.#requests.life(now);
    this.#incoming.weigh(bytes);
  }

  /** What was sent is on its way. */
  isGoing(now: number): void {
    this.#outbox.life(now);
  }

  /** How much longer a page may take to come, in ms. */
  get allowance(): number {
    return this.#incoming.allowance;
  }

  /** Whether a request has no answer yet. */
  get isWaiting(): boolean {
    return this.#outbox.isWaiting;
  }

  frame(frame: ServerFrame, now: number): void {
    const asker = this.#requests.answered(frame.req);
    switch (frame.type) {
      case "entry":
        return this.#in((out) => this.#incoming.entry(frame, now, out));
      case "receipt":
        return this.#book.receipt(frame);
      case "blocked":
        return this.#book.tell("blocked", { user: frame.user, on: frame.on });
      case "profiles":
        return this.#book.learn(frame.users);
      case "sent":
        return this.#out((out) => this.#outbox.sent(frame, now, out));
      case "view":
        this.#book.viewed(frame);
        return asker?.kind === "view" ? this.#viewed(asker.conv, null, now) : undefined;
      case "floor":
        return this.#book.floor(frame);
      case "typing":
        return this.#write(this.#typing.push(frame, this.#book.me?.id ?? 0, now));
      case "presence":
        if (asker?.kind === "presence") return asker.resolve(frame.users ?? []);
        return this.#present(this.#presences.push(frame));
      case "asked": {
        const { type: _, ...asked } = frame;
        return this.#book.tell("asked", asked);
      }
      case "requests":
        return this.#book.tell("requests", { conv: frame.conv, count: frame.count });
      case "read_by":
        return this.#book.tell("readBy", { conv: frame.conv, messages: frame.messages });
      case "reacted":
        return this.#re((out) => this.#reactions.reacted(frame, out));
      case "reactions":
        return asker?.kind === "reactions" ? this.#standing(asker.wish, frame) : undefined;
      case "done":
        if (asker?.kind === "react") this.#re((out) => this.#reactions.answered(asker.wish, null, now, out));
        if (asker?.kind === "watch") this.#readBy.watching(asker.conv);
        // What changed before was told to others only.
        if (asker?.kind === "watch" && asker.conv !== null && !this.#book.isTold(asker.conv)) this.#reactions.watched(asker.conv);
        return asker?.kind === "read" ? this.#reads.answered(asker.conv, asker.seq) : undefined;
      case "synced":
        return asker?.kind === "sync" ? this.#synced(frame, now) : undefined;
      case "history":
        return asker === null ? undefined : this.#page(asker, frame, now);
      case "error":
        return asker === null ? undefined : this.#refused(asker, frame, now);
      // Of the connection, and none of an exchange. A second `welcome` tells nothing.
      case "pong":
      case "bye":
      case "welcome":
        return;
    }
  }

  /** What is due now. */
  tick(now: number): void {
    this.#requests.tick(now);
    this.#in((out) => this.#incoming.tick(now, out));
    this.#out((out) => this.#outbox.tick(now, out));
    for (let mark = this.#reads.next(); mark !== null; mark = this.#reads.next()) {
      this.#wire.send({ type: "read", req: this.#requests.ask({ kind: "read", ...mark }), ...mark });
    }
    for (let next = this.#views.next(now); next !== null; next = this.#views.next(now)) {
      const { conv, change: view } = next;
      this.#wire.send({ type: "set_view", req: this.#requests.ask({ kind: "view", conv }), conv, view });
    }
    this.#re((out) => this.#reactions.tick(now, out));
    this.#write(this.#typing.tick(now));
    const shown = this.#readBy.next(now);
    if (shown !== null) this.#wire.send({ type: "read_by", req: this.#requests.ask({ kind: "readBy" }), ...shown });
  }

  /** Sends the acks whose entries are kept, when it is time, or at once where something is sent anyway. */
  ack(now: number, isAtOnce: boolean): void {
    if (!this.#incoming.owesAcks) return this.#acks.clear();
    if (!this.#unkept.hasNews) return;
    if (this.#acks.isDue(now) || isAtOnce) this.sendAcks();
  }

  sendAcks(): void {
    this.#in((out) => this.#incoming.flush(out, (conv) => this.#unkept.keptTo(conv)));
    this.#unkept.told();
    this.#acks.clear();
  }

  deadlines(): (number | null)[] {
    return [
      this.#incoming.nextDeadline(),
      this.#outbox.nextDeadline(),
      this.#requests.nextDeadline(),
      this.#reactions.nextDeadline(),
      this.#typing.nextDeadline(),
      this.#views.nextDeadline(),
      this.#readBy.nextDeadline(),
      this.#unkept.hasNews ? this.#acks.nextDeadline() : null,
    ];
  }

  #synced(page: Synced, now: number): void {
    this.#book.profiles(page.users);
    for (const { user, conv } of this.#book.directs(page.conversations)) this.#outbox.learnDirect(user, conv);
    for (const { user, conv } of page.list ?? []) if (user !== undefined) this.#outbox.learnDirect(user, conv);
    this.#in((out) => this.#incoming.synced(page, now, out));
    this.#book.synced(this.#incoming);
  }

  #page(asker: Asker, page: HistoryPage, now: number): void {
    if (asker.kind === "fetch") this.#in((out) => this.#incoming.fetched(page, now, out));
    if (asker.kind === "history") asker.resolve(page);
    if (asker.kind === "look") {
      const found = page.entries.find(({ seq }) => seq === asker.seq)?.id ?? null;
      this.#out((out) => this.#outbox.looked(asker.clientId, found, now, out));
    }
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
      case "fetch":
        return this.#fetchRefused(asker.conv, failure, random, now);
      case "view":
        return this.#viewed(asker.conv, failure, now);
      case "readBy":
        return failure.retry_after_ms === undefined ? this.#readBy.watching(null) : this.#readBy.failed();
      case "watch":
        // Of a conversation that the user is not in: there is nothing to look at.
        return;
      case "read":
        // Not worth a retry: the next mark covers it.
        return this.#reads.answered(asker.conv, asker.seq);
      case "react":
        return this.#re((out) => this.#reactions.answered(asker.wish, failure, now, out));
      case "reactions":
        return this.#reactions.pageFailed(asker.wish, failure, now);
      case "presence":
      case "history":
        return asker.reject(new HongyanError(failure.code, failure.message, failure.retry_after_ms ?? null));
    }
  }

  #fetchRefused(conv: number, failure: Failure, random: number, now: number): void {
    const isGone = failure.code === "conversation_not_found" || failure.code === "forbidden";
    if (isGone) this.#book.gone(conv);
    this.#in((out) => {
      if (isGone) this.#incoming.forget(conv, now, out);
      else this.#incoming.fetchFailed(conv, failure.retry_after_ms, random, now, out);
    });
  }

  #viewed(conv: number, failure: Failure | null, now: number): void {
    for (const waiter of this.#views.answered(conv, failure, now)) {
      if (failure === null) waiter.resolve();
      else waiter.reject(new HongyanError(failure.code, failure.message, failure.retry_after_ms ?? null));
    }
    this.#book.wishView(conv, this.#views.wish(conv));
  }

  #sendWatch(): void {
    const conv = this.#watched;
    this.#readBy.watching(null);
    this.#wire.send({ type: "watch", req: this.#requests.ask({ kind: "watch", conv }), ...(conv === null ? {} : { conv }) });
  }

  #present(present: Present | null): void {
    if (present !== null) this.#book.tell("presence", present);
  }

  #write(writing: Writing | Writing[] | null): void {
    for (const one of writing === null ? [] : [writing].flat()) this.#book.tell("typing", one);
  }

  #standing(wish: ReactionsWish, page: ReactionsPage): void {
    this.#re((out) => this.#reactions.page(wish, page, out));
  }

  #reacted({ conv, seq, value, on }: ReactionWish, failure: Failure | null): void {
    for (const waiting of this.#reacting) {
      const { wish } = waiting;
      if (wish.conv !== conv || wish.seq !== seq || wish.value !== value || wish.on !== on) continue;
      this.#reacting.delete(waiting);
      if (failure === null) waiting.resolve();
      else waiting.reject(new HongyanError(failure.code, failure.message, failure.retry_after_ms ?? null));
    }
  }

  /** Runs the machine of reactions, and carries out what it says. */
  #re(run: (out: ReactionAction[]) => void): void {
    const actions: ReactionAction[] = [];
    run(actions);
    for (const action of actions) {
      switch (action.kind) {
        case "ask": {
          const { wish } = action;
          this.#wire.send({ type: "reactions", req: this.#requests.ask({ kind: "reactions", wish }), ...wish });
          break;
        }
        case "react": {
          const { wish } = action;
          this.#wire.send({ type: "react", req: this.#requests.ask({ kind: "react", wish }), ...wish });
          break;
        }
        case "tell":
          this.#book.tell("reactions", { conv: action.conv, messages: action.messages });
          break;
        case "keep":
          this.#book.reactions(action.conv, action.number, action.messages);
          break;
        case "done":
          this.#reacted(action.wish, action.failure);
      }
    }
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
          this.#forgetRecalled(action.entry);
          if (action.entry.kind === "message") this.#write(this.#typing.message(action.entry.conv, action.entry.from));
          break;
        case "conversation":
          this.#book.view(action.view);
          break;
        case "ack":
          this.#wire.send({ type: "ack", conv: action.conv, seq: action.seq });
          break;
        case "sync": {
          const { kind: type, cursor, ...wishes } = action;
          const req = this.#requests.ask({ kind: "sync" });
          this.#wire.send({ type, req, ...(cursor === null ? {} : { cursor }), ...wishes });
          break;
        }
        case "fetch": {
          const { conv } = action;
          const { kind: _, ...wishes } = action;
          this.#wire.send({ type: "history", req: this.#requests.ask({ kind: "fetch", conv }), ...wishes });
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
          if (append.type === "send" && append.conv !== undefined) this.#typing.sent(append.conv);
          const req = this.#requests.ask({ kind: "append", clientId: append.client_id });
          // The server reads a frame in one go where these two come first.
          this.#wire.send({ ...{ type: append.type, req }, ...append });
          break;
        }
        case "look": {
          const { clientId, conv, seq } = action;
          const req = this.#requests.ask({ kind: "look", clientId, seq });
          this.#wire.send({ type: "history", req, conv, before: seq + 1, limit: 1 });
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
          this.#wire.drop({ kind: "unanswered" });
      }
    }
  }

  #forgetRecalled({ kind, conv, target }: Entry): void {
    if (kind === "recall" && target !== undefined) this.#re((out) => this.#reactions.recalled(conv, target, out));
  }

  /** The server has another history: everything begins anew, but for what this device has to say. */
  #reset(): void {
    this.#book.reset();
    this.#unkept.clear();
    this.#acks.clear();
    this.#reads.clear();
    this.#reactions.clear();
    this.stopped();
    this.#out((out) => this.#outbox.historyReplaced(this.#wire.now(), out));
  }

  /** An entry of one's own: the answer to the request stands for its push. */
  #own(entry: Entry): void {
    this.#in((out) => this.#incoming.answered(entry, this.#wire.now(), out));
  }
}
