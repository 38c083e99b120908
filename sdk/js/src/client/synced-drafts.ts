/**
 * Drafts of conversations on all of the user's devices.
 *
 * written here → after a pause → one's own view on the server → a push → drafts of other devices
 *
 * Promises: what is being written here is not replaced by what another device says: the last that the server takes stays.
 * Not here: keeping drafts on this device (`Drafts`), and drafts to people with whom there is no conversation yet.
 */
import { LIMITS } from "../wire.gen.ts";
import type { ViewChange } from "../wire.gen.ts";
import { isEmptyDraft } from "./drafts.ts";
import type { Conversation, Draft } from "./events.ts";
import type { Replica } from "./replica.ts";

/** From the last change of a draft to its way to the server, in ms: each is a write there. */
const PAUSE = 3_000;

const PREFIX = "conv:";

/** What of a draft other devices are told. */
interface Told {
  text: string;
  reply_to?: number;
}

export class SyncedDrafts {
  readonly #replica: Replica;
  readonly #send: (conv: number, change: ViewChange) => Promise<void>;
  /** Takes a draft over that another device has written. */
  readonly #take: (key: string, draft: Draft) => void;
  /** What the server has, as far as is known here. */
  readonly #known = new Map<number, Told>();
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  constructor(replica: Replica, send: (conv: number, change: ViewChange) => Promise<void>, take: (key: string, draft: Draft) => void) {
    this.#replica = replica;
    this.#send = send;
    this.#take = take;
    for (const conversation of replica.conversations()) {
      this.#known.set(conversation.conv, knownOf(conversation));
      // What was written before the program ended, and did not get away.
      if (!this.#isTold(conversation.conv)) this.#later(conversation.conv);
    }
    replica.on("conversation", (conversation) => this.#heard(conversation));
    replica.on("reset", () => this.#forget());
  }

  /** A draft changed here. */
  written(key: string): void {
    if (!key.startsWith(PREFIX)) return;
    const conv = Number(key.slice(PREFIX.length));
    clearTimeout(this.#timers.get(conv));
    this.#timers.delete(conv);
    if (this.#isTold(conv)) return;
    // What is ended is likely to have been sent.
    if (isEmptyDraft(this.#replica.draft(key))) this.#tell(conv);
    else this.#later(conv);
  }

  /** Tells now what waits. */
  flush(): void {
    for (const conv of [...this.#timers.keys()]) this.#tell(conv);
  }

  /** Tells nothing more. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #later(conv: number): void {
    clearTimeout(this.#timers.get(conv));
    this.#timers.set(conv, setTimeout(() => this.#tell(conv), PAUSE));
  }

  #tell(conv: number): void {
    clearTimeout(this.#timers.get(conv));
    this.#timers.delete(conv);
    const draft = toldOf(this.#replica.draft(`${PREFIX}${conv}`));
    const conversation = this.#replica.conversation(conv);
    if (conversation === null || conversation.left === true || this.#isTold(conv)) return;
    if (new TextEncoder().encode(draft.text).length > LIMITS.DRAFT_BYTES) return;
    this.#known.set(conv, draft);
    // Refused, it stays on this device.
    this.#send(conv, { draft }).catch(() => {});
  }

  #heard(conversation: Conversation): void {
    const { conv } = conversation;
    const before = this.#known.get(conv) ?? { text: "" };
    const now = knownOf(conversation);
    if (isSame(before, now)) return;
    const key = `${PREFIX}${conv}`;
    const here = this.#replica.draft(key);
    const isUntouched = isSame(toldOf(here), before) && !this.#timers.has(conv);
    this.#known.set(conv, now);
    if (!isUntouched) return;
    const { text: _, replyTo: __, ...rest } = here;
    this.#take(key, { ...rest, text: now.text, ...(now.reply_to === undefined ? {} : { replyTo: now.reply_to }) });
  }

  #isTold(conv: number): boolean {
    return isSame(toldOf(this.#replica.draft(`${PREFIX}${conv}`)), this.#known.get(conv) ?? { text: "" });
  }

  #forget(): void {
    this.close();
    this.#known.clear();
  }
}

function knownOf({ view }: Conversation): Told {
  const { text = "", reply_to } = view?.draft ?? {};
  return { text, ...(reply_to === undefined ? {} : { reply_to }) };
}

function toldOf({ text, replyTo }: Draft): Told {
  return { text, ...(replyTo === undefined ? {} : { reply_to: replyTo }) };
}

function isSame(one: Told, other: Told): boolean {
  return one.text === other.text && one.reply_to === other.reply_to;
}
