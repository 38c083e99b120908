/**
 * One connection for all tabs of an account.
 *
 * this tab leads:   client → engine → events → this tab and the others
 * another one does: client → call → its engine → events → this tab
 *
 * Owns: who leads, and calls that wait for an answer.
 * Promises: a request is in the shared storage before it is handed over, so that it is sent whichever
 * tab dies; it is handed to every new leader until one has taken it. A leader that does not answer a
 * tab which somebody looks at is deposed.
 */
import type { Draft, Happening, Outgoing } from "../client/events.ts";
import type { Replica } from "../client/replica.ts";
import type { ReactionWish } from "../delivery/reactions.ts";
import type { Range } from "../engine/book.ts";
import type { Engine } from "../engine/engine.ts";
import { HongyanError } from "../errors.ts";
import type { Storage } from "../storage/storage.ts";
import type { HistoryPage, UserPresence, UserProfile, ViewChange } from "../wire.gen.ts";
import type { Backend } from "./backend.ts";
import { Channel } from "./channel.ts";
import type { Call, Message } from "./channel.ts";
import { Election } from "./election.ts";

/** How long a leader may take to say that it has taken a call, in ms. It only has to be awake. */
const TAKEN_TIMEOUT = 2_500;

/** While somebody looks at a tab, the leader is told so often that time passes, in ms: browsers let the
 * timers of a page that is hidden itself run once a minute. */
const TICK = 1_000;

interface Waiting {
  call: Call;
  resolve(value: unknown): void;
  reject(problem: HongyanError): void;
  /** Until the leader has taken it. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

export interface TabsOptions {
  account: string;
  storage: Storage;
  replica: Replica;
  start(tell: (happenings: Happening[]) => void): Promise<Engine>;
  /** Another tab has signed out. */
  onGone(): void;
}

export class Tabs implements Backend {
  readonly #options: TabsOptions;
  readonly #self = crypto.randomUUID();
  readonly #channel: Channel;
  readonly #election: Election;
  /** While this tab leads, or begins to. */
  #engine: Promise<Engine> | null = null;
  readonly #waiting = new Map<number, Waiting>();
  #lastCall = 0;
  #isVisible = false;
  /** What somebody looks at here. */
  #watched: number | null = null;
  #shown: { conv: number; seqs: readonly number[] } | null = null;
  #ticker: ReturnType<typeof setInterval> | undefined;
  /** Other tabs that somebody sees. */
  readonly #visible = new Set<string>();

  constructor(options: TabsOptions) {
    this.#options = options;
    this.#channel = new Channel(options.account, (message) => this.#receive(message));
    this.#election = new Election(options.account, {
      elected: () => this.#lead(),
      deposed: () => this.#follow(),
    });
    void this.#join();
  }

  async submit(outgoing: Outgoing): Promise<void> {
    if (this.#engine !== null) return (await this.#engine).submit(outgoing);
    const change = { op: "put", table: "outbox", key: outgoing.clientId, value: outgoing } as const;
    await this.#options.storage.write([change], true);
    void this.#call({ do: "submit", outgoing });
  }

  async resend(clientId: string): Promise<void> {
    await this.#call({ do: "resend", clientId });
  }

  async discard(clientId: string): Promise<boolean> {
    return (await this.#call({ do: "discard", clientId })) === true;
  }

  read(conv: number, seq: number): void {
    void this.#call({ do: "read", conv, seq });
  }

  async history(conv: number, range: Range): Promise<HistoryPage> {
    return (await this.#call({ do: "history", conv, range })) as HistoryPage;
  }

  async watch(conv: number | null): Promise<void> {
    this.#watched = conv;
    await this.#call({ do: "watch", conv });
  }

  async show(conv: number, seqs: readonly number[]): Promise<void> {
    this.#shown = { conv, seqs };
    await this.#call({ do: "show", conv, seqs });
  }

  typing(conv: number): void {
    void this.#call({ do: "typing", conv }).catch(() => {});
  }

  async setView(conv: number, change: ViewChange): Promise<void> {
    await this.#call({ do: "view", conv, change });
  }

  async presence(users: number[]): Promise<UserPresence[]> {
    return (await this.#call({ do: "presence", users })) as UserPresence[];
  }

  async react(wish: ReactionWish): Promise<void> {
    await this.#call({ do: "react", wish });
  }

  wake(): void {
    void this.#call({ do: "wake" });
  }

  setNetwork(key: string): void {
    void this.#call({ do: "network", key });
  }

  profiles(users: UserProfile[]): void {
    void this.#call({ do: "profiles", users });
  }

  async mentions(conv: number, seqs: readonly number[]): Promise<void> {
    await this.#call({ do: "mentions", conv, seqs });
  }

  draft(key: string, draft: Draft): void {
    this.#channel.send({ ...draft, kind: "draft", key });
  }

  setVisible(isVisible: boolean): void {
    this.#isVisible = isVisible;
    this.#channel.send({ kind: "visible", from: this.#self, isVisible });
    this.#lookAround();
    // What is on the screen of the tab that was looked at last counts.
    if (isVisible) this.#watchAgain();
    clearInterval(this.#ticker);
    if (isVisible) this.#ticker = setInterval(() => this.#engine === null && this.#channel.send({ kind: "tick" }), TICK);
    // A leader that sleeps shows itself now.
    if (isVisible && this.#engine === null) void this.#join();
  }

  /** Tells the other tabs that the account is no more. */
  sayGone(): void {
    this.#channel.send({ kind: "gone" });
  }

  async close(): Promise<void> {
    this.#channel.send({ kind: "visible", from: this.#self, isVisible: false });
    clearInterval(this.#ticker);
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(new HongyanError("closed", "the client is closed"));
    }
    this.#waiting.clear();
    await (await this.#engine)?.close();
    this.#election.close();
    this.#channel.close();
  }

  #lead(): void {
    const { replica, start } = this.#options;
    const tell = (happenings: Happening[]): void => {
      this.#channel.send({ kind: "events", happenings });
      replica.apply(happenings);
    };
    this.#engine = start(tell).then((engine) => {
      this.#catchUp(engine.snapshot());
      replica.apply([["leader", true]]);
      this.#channel.send({ kind: "leading" });
      this.#lookAround();
      this.#watchAgain();
      // What was asked of the last leader.
      for (const [id, { call }] of this.#waiting) void this.#answerSelf(id, call);
      return engine;
    });
  }

  #follow(): void {
    const engine = this.#engine;
    this.#engine = null;
    this.#options.replica.apply([["leader", false]]);
    void engine?.then((deposed) => deposed.close());
    void this.#join();
  }

  /** Learns what there is from the leader, if there is one. */
  async #join(): Promise<void> {
    const snapshot = await this.#call({ do: "join" });
    // A tab that has become the leader has its own.
    if (Array.isArray(snapshot) && this.#engine === null) this.#catchUp(snapshot as Happening[]);
  }

  /** Takes a snapshot over what is shown. */
  #catchUp(snapshot: Happening[]): void {
    const { replica } = this.#options;
    const there = new Set(snapshot.flatMap(([name, event]) => (name === "send" ? [event.outgoing.clientId] : [])));
    const handedOver = new Set(
      [...this.#waiting.values()].flatMap(({ call }) => (call.do === "submit" ? [call.outgoing.clientId] : [])),
    );
    const gone = replica.outgoing().filter(({ clientId }) => !there.has(clientId) && !handedOver.has(clientId));
    replica.apply([...snapshot, ...gone.map((outgoing): Happening => ["send", { outgoing, state: "settled" }])]);
  }

  /** A new leader knows nothing of what is looked at here. */
  #watchAgain(): void {
    if (this.#watched !== null) void this.#call({ do: "watch", conv: this.#watched }).catch(() => {});
    if (this.#shown !== null) void this.#call({ do: "show", ...this.#shown }).catch(() => {});
  }

  /** The leader's word for whether nobody looks. */
  #lookAround(): void {
    const isSeen = this.#isVisible || this.#visible.size > 0;
    void this.#engine?.then((engine) => engine.setVisible(isSeen));
  }

  /** Asks the leader, whoever it is by the time of the answer. */
  #call(call: Call): Promise<unknown> {
    this.#lastCall += 1;
    const id = this.#lastCall;
    const answer = new Promise((resolve, reject) => {
      this.#waiting.set(id, { call, resolve, reject, timer: undefined });
    });
    // Who does not care for the answer does not care for its failure.
    answer.catch(() => {});
    if (this.#engine !== null) void this.#answerSelf(id, call);
    else this.#ask(id, call);
    return answer;
  }

  #ask(id: number, call: Call): void {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return;
    clearTimeout(waiting.timer);
    waiting.timer = setTimeout(() => {
      if (this.#isVisible && this.#engine === null) this.#election.depose();
    }, TAKEN_TIMEOUT);
    this.#channel.send({ kind: "call", from: this.#self, id, call });
  }

  async #answerSelf(id: number, call: Call): Promise<void> {
    const waiting = this.#waiting.get(id);
    clearTimeout(waiting?.timer);
    const engine = await this.#engine;
    if (engine === null) return this.#ask(id, call);
    try {
      const value = await carryOut(engine, call);
      this.#waiting.delete(id);
      waiting?.resolve(value);
    } catch (problem) {
      this.#waiting.delete(id);
      waiting?.reject(asProblem(problem));
    }
  }

  #receive(message: Message): void {
    switch (message.kind) {
      case "call":
        return void this.#answer(message.from, message.id, message.call);
      case "taken":
        if (message.to === this.#self) clearTimeout(this.#waiting.get(message.id)?.timer);
        return;
      case "answer":
        return message.to === this.#self ? this.#answered(message) : undefined;
      case "events":
        // A leader that was deposed may say a last word.
        return this.#engine === null ? this.#options.replica.apply(message.happenings) : undefined;
      case "leading":
        this.#channel.send({ kind: "visible", from: this.#self, isVisible: this.#isVisible });
        for (const [id, { call }] of this.#waiting) this.#ask(id, call);
        this.#watchAgain();
        return void this.#join();
      case "draft": {
        const { kind, ...draft } = message;
        return this.#options.replica.apply([[kind, draft]]);
      }
      case "visible":
        if (message.isVisible) this.#visible.add(message.from);
        else this.#visible.delete(message.from);
        return this.#lookAround();
      case "tick":
        return void this.#engine?.then((engine) => engine.tick());
      case "gone":
        return this.#options.onGone();
    }
  }

  async #answer(to: string, id: number, call: Call): Promise<void> {
    if (this.#engine === null) return;
    this.#channel.send({ kind: "taken", to, id });
    try {
      const value = await carryOut(await this.#engine, call);
      this.#channel.send({ kind: "answer", to, id, value });
    } catch (problem) {
      const { code, message, retryAfterMs } = asProblem(problem);
      this.#channel.send({ kind: "answer", to, id, problem: { code, message, retryAfterMs } });
    }
  }

  #answered({ id, value, problem }: Message & { kind: "answer" }): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    clearTimeout(waiting?.timer);
    if (problem === undefined) waiting?.resolve(value);
    else waiting?.reject(new HongyanError(problem.code, problem.message, problem.retryAfterMs));
  }
}

async function carryOut(engine: Engine, call: Call): Promise<unknown> {
  switch (call.do) {
    case "join":
      // What is told from here on the tab hears itself; what was told before, it reads.
      await engine.kept();
      return engine.snapshot();
    case "submit":
      return engine.submit(call.outgoing);
    case "resend":
      return engine.resend(call.clientId);
    case "discard":
      return engine.discard(call.clientId);
    case "read":
      return engine.read(call.conv, call.seq);
    case "history":
      return engine.history(call.conv, call.range);
    case "watch":
      return engine.watch(call.conv);
    case "show":
      return engine.show(call.conv, call.seqs);
    case "mentions":
      return engine.mentions(call.conv, call.seqs);
    case "typing":
      return engine.typing(call.conv);
    case "view":
      return engine.setView(call.conv, call.change);
    case "presence":
      return engine.presence(call.users);
    case "react":
      return engine.react(call.wish);
    case "wake":
      return engine.wake();
    case "network":
      return engine.setNetwork(call.key);
    case "profiles":
      return engine.profiles(call.users);
  }
}

function asProblem(problem: unknown): HongyanError {
  if (problem instanceof HongyanError) return problem;
  return new HongyanError("internal", problem instanceof Error ? problem.message : String(problem));
}
