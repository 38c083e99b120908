/** Requests on the wire that have no answer yet, by the number that the answer will carry. */
import type { ReactionsWish, ReactionWish } from "../delivery/reactions.ts";
import { HongyanError } from "../errors.ts";
import type { HistoryPage, UserPresence } from "../wire.gen.ts";

/** Questions of the application at a time. Beyond it they are refused. */
const QUESTIONS = 32;

/** How long one waits for its answer, in ms. */
const ANSWER_TIMEOUT = 15_000;

export interface Question {
  conv: number;
  resolve(page: HistoryPage): void;
  reject(problem: HongyanError): void;
}

export interface PresenceQuestion {
  resolve(users: UserPresence[]): void;
  reject(problem: HongyanError): void;
}

/** A question of the application, which is given up in time. */
type Asked = Extract<Asker, { until: number }>;

/** Who waits for an answer. */
export type Asker =
  | { kind: "append"; clientId: string }
  /** The outbox, for what this request replies to. */
  | { kind: "look"; clientId: string; seq: number }
  | { kind: "sync" }
  | { kind: "fetch"; conv: number }
  | { kind: "read"; conv: number; seq: number }
  | { kind: "watch"; conv: number | null }
  | { kind: "readBy" }
  | { kind: "view"; conv: number }
  | { kind: "react"; wish: ReactionWish }
  | { kind: "reactions"; wish: ReactionsWish }
  | ({ kind: "history"; until: number } & Question)
  | ({ kind: "presence"; until: number } & PresenceQuestion);

export class Requests {
  #last = 0;
  readonly #waiting = new Map<number, Asker>();

  /** A number for a request of this asker. */
  ask(asker: Asker): number {
    this.#last += 1;
    this.#waiting.set(this.#last, asker);
    return this.#last;
  }

  /** A number for a question of the application; null, and the question refused, if it has too many. */
  askForApplication(question: Question, now: number): number | null {
    return this.#askInTime({ kind: "history", until: now + ANSWER_TIMEOUT, ...question });
  }

  /** The same for a question about who is there. */
  askWhoIsThere(question: PresenceQuestion, now: number): number | null {
    return this.#askInTime({ kind: "presence", until: now + ANSWER_TIMEOUT, ...question });
  }

  #askInTime(question: Asked): number | null {
    if (this.#questions().length < QUESTIONS) return this.ask(question);
    question.reject(new HongyanError("overloaded", "too much is asked for at once", 1000));
    return null;
  }

  /** Who asked; null for an answer that nobody waits for any more. */
  answered(req: number | undefined): Asker | null {
    if (req === undefined) return null;
    const asker = this.#waiting.get(req) ?? null;
    this.#waiting.delete(req);
    return asker;
  }

  /** Whether the application waits for a page of this conversation. */
  isAsked(conv: number): boolean {
    return this.#questions().some(([, question]) => question.kind === "history" && question.conv === conv);
  }

  /** The connection is gone, and with it every answer. */
  disconnected(): void {
    for (const [, question] of this.#questions()) {
      question.reject(new HongyanError("unreachable", "the connection broke", 1000));
    }
    this.#waiting.clear();
    this.#last = 0;
  }

  nextDeadline(): number | null {
    const untils = this.#questions().map(([, question]) => question.until);
    return untils.length === 0 ? null : Math.min(...untils);
  }

  /** Something comes: answers are still to be expected. */
  life(now: number): void {
    for (const [, question] of this.#questions()) question.until = Math.max(question.until, now + ANSWER_TIMEOUT);
  }

  /** Gives up the questions that waited too long. */
  tick(now: number): void {
    for (const [req, question] of this.#questions()) {
      if (question.until > now) continue;
      this.#waiting.delete(req);
      question.reject(new HongyanError("timeout", "the server did not answer in time", 1000));
    }
  }

  #questions(): [number, Asked][] {
    return [...this.#waiting].filter((pair): pair is [number, Asked] => "until" in pair[1]);
  }
}
