/**
 * Answered messages, kept for a while so that they can be sent again.
 *
 * When an operator puts a backup back, what was acknowledged after it is gone; its senders still have it. A message is
 * kept with what became of it: its last edit, or its recall, which leaves nothing of its text.
 *
 * Owns: which are kept, and as what they are sent again.
 * Promises: bounded; the order of the answers; a text that was recalled or edited away is not kept. Whatever changes is
 * told, for keeping.
 * Refuses: edits and recalls of messages that are not kept. What a message replied to is kept beside it: its seq may be
 * another message's by then.
 */
import type { Sent } from "../wire.gen.ts";
import type { Append } from "./outbox.ts";

/** Messages kept, at most. Beyond it the one answered first goes. */
export const ANSWERED = 1000;

/** Characters of text kept, at most. Beyond it the one answered first goes. */
export const ANSWERED_CHARACTERS = 4 * 1024 * 1024;

/** How long a message is kept, in ms of the server's clock, when later ones were answered. */
export const ANSWERED_MS = 30 * 24 * 60 * 60 * 1000;

/** A seq that no entry has: with a message's own client id, a recall of it asks whether the message is there. */
const NOWHERE = Number.MAX_SAFE_INTEGER;

/** A message that was answered. It survives `structuredClone` and JSON alike. */
export interface Answered {
  /** The order of the answers. */
  number: number;
  /** What to send again: the message as it was last, or a question whether it is there, once it was recalled. */
  append: Append;
  /** Where it stood. */
  conv: number;
  seq: number;
  /** When the server took it. */
  at: number;
  /** Its last edit, or its recall. */
  followUp: Append | null;
  /** What it replies to. Absent where that is nothing. */
  reply?: Reply;
  /** The history was replaced since, and it is not known what became of this message. */
  isOpen: boolean;
}

/** What a message replies to, by what another history may still have of it.
 *
 * A history that was put back is the beginning of the one that was there, and an id is never given twice. So the entry
 * at this place is the one that was meant if its id is below that of the message which replied, and only then. */
export interface Reply {
  /** Where it stood. */
  conv: number;
  seq: number;
  /** The id of the message that replied, when it was answered first. */
  before: number;
  /** Its client id, where it is one of these messages: it may have come to another place by being sent again. */
  own?: string;
}

/** What a message that is sent again replies to: the message at this place, that at this place if it is the same, or
 * nothing that is there. */
export type RepliesTo = { seq: number } | { conv: number; perhaps: number } | null;

/** A message is to be kept as it is now, or no more. */
export type Changed = (clientId: string, message: Answered | null) => void;

export class AnsweredList {
  readonly #changed: Changed;
  /** By client id, in the order of the answers. */
  readonly #messages = new Map<string, Answered>();
  #characters = 0;
  #number = 0;

  constructor(kept: Answered[] = [], changed: Changed = () => {}) {
    this.#changed = changed;
    for (const message of [...kept].sort((one, other) => one.number - other.number)) this.#push(message);
  }

  /** A request was answered, for the first time or again. */
  sent(append: Append, sent: Sent): void {
    if (append.type === "send") {
      const { reply_to: to, ...plain } = append;
      const { conv, seq, at } = sent;
      const now = { append: plain as Append, conv, seq, at, followUp: null, isOpen: false };
      // One that was sent again keeps its place among the others, and what it replied to at first: they may all have to
      // go once more.
      const known = this.#messages.get(append.client_id);
      if (known !== undefined) return this.#put(known, now);
      const message: Answered = { number: this.#number + 1, ...now };
      if (to !== undefined) {
        const own = this.#at(conv, to)?.append.client_id;
        message.reply = { conv, seq: to, before: sent.id, ...(own === undefined ? {} : { own }) };
      }
      this.#push(message);
      // It may be so long that there is no room for it.
      if (this.#messages.has(append.client_id)) this.#changed(append.client_id, message);
      return;
    }
    for (const message of this.#messages.values()) {
      if (message.conv !== append.conv || message.seq !== append.seq) continue;
      if (append.type === "recall") {
        this.#put(message, { append: question(message), followUp: append, isOpen: false });
      } else if (message.append.type === "send") {
        this.#put(message, { append: { ...message.append, body: append.body }, followUp: append, isOpen: false });
      } else {
        this.#put(message, { isOpen: false });
      }
      return;
    }
  }

  /** What was sent again under this client id was refused because it is there in another form. Returns what is to be
   * sent again as well. */
  isThere(clientId: string): Append | null {
    const message = this.#messages.get(clientId);
    if (message !== undefined && message.followUp === null) this.#put(message, { isOpen: false });
    return message?.followUp ?? null;
  }

  /** What was sent again under this client id will not be: it is refused, or not worth it. */
  forget(clientId: string): void {
    this.#remove(clientId);
    for (const message of this.#messages.values()) {
      if (message.followUp?.client_id === clientId) return this.#put(message, { followUp: null, isOpen: false });
    }
  }

  /** The server has another history: what became of the messages is to be found out. */
  historyReplaced(people: ReadonlyMap<number, number>): void {
    for (const message of this.#messages.values()) {
      this.#put(message, { append: inAnotherHistory(message.append, people) ?? message.append, isOpen: true });
    }
  }

  /** What is to be sent again, in this order. */
  open(): Answered[] {
    return [...this.#messages.values()].filter(({ isOpen }) => isOpen);
  }

  /** What a message replies to that is sent again, as far as that is known here. It is sent after those before it. */
  repliesTo({ conv, seq, own }: Reply): RepliesTo {
    if (own === undefined) return { conv, perhaps: seq };
    const message = this.#messages.get(own);
    return message === undefined || message.isOpen ? null : { seq: message.seq };
  }

  #at(conv: number, seq: number): Answered | undefined {
    return [...this.#messages.values()].findLast((message) => message.conv === conv && message.seq === seq);
  }

  #push(message: Answered): void {
    this.#number = message.number;
    this.#messages.set(message.append.client_id, message);
    this.#characters += textOf(message);
    for (const [clientId, first] of this.#messages) {
      const isOld = first.at + ANSWERED_MS < message.at;
      if (!isOld && this.#messages.size <= ANSWERED && this.#characters <= ANSWERED_CHARACTERS) return;
      this.#remove(clientId);
    }
  }

  #put(message: Answered, change: Partial<Answered>): void {
    const { client_id: clientId } = message.append;
    const now = { ...message, ...change };
    this.#characters += textOf(now) - textOf(message);
    this.#messages.set(clientId, now);
    this.#changed(clientId, now);
  }

  #remove(clientId: string): void {
    const message = this.#messages.get(clientId);
    if (message === undefined) return;
    this.#messages.delete(clientId);
    this.#characters -= textOf(message);
    this.#changed(clientId, null);
  }
}

/** A request for another history than the one that it was made in; null where that makes no sense, because it is about
 * an entry of that one. `people` are the other users of 1:1 conversations. */
export function inAnotherHistory(append: Append, people: ReadonlyMap<number, number>): Append | null {
  if (append.type !== "send") return null;
  const { reply_to: _, conv, to, ...rest } = append;
  const user = to ?? people.get(conv ?? 0);
  return (user === undefined ? { ...rest, conv } : { ...rest, to: user }) as Append;
}

/** Asks whether a message is there. The answer is `client_id_conflict` if it is, and else that there is no such entry. */
function question({ conv, append }: Answered): Append {
  return { type: "recall", conv, seq: NOWHERE, client_id: append.client_id };
}

function textOf({ append, followUp }: Answered): number {
  const of = (request: Append | null): number => {
    const body = request === null || request.type === "recall" ? null : request.body;
    return body !== null && "text" in body && typeof body.text === "string" ? body.text.length : 0;
  };
  return of(append) + of(followUp);
}
