/**
 * What the application reads, put together from events: the same in every tab.
 *
 * engine, here or in another tab → events → **`Replica`** → application
 *
 * Owns: the latest of everything that an event tells. Promises: when a listener runs, the replica
 * has the event already.
 */
import { isEmptyDraft } from "./drafts.ts";
import type { ClientEvents, ConnectionState, Conversation, Draft, Happening, Outgoing, SendUpdate, StorageState } from "./events.ts";
import type { Loaded } from "../engine/load.ts";
import type { Present } from "../delivery/presence.ts";
import type { Writing } from "../delivery/typing.ts";
import { counted, isQuiet, peerOf } from "../log.ts";
import type { Entry, MessageReactions, UserProfile } from "../wire.gen.ts";
import { Emitter } from "./emitter.ts";

const NO_DRAFT: Draft = Object.freeze({ text: "" });

/** Entries remembered for {@link Replica.recent}: more than come during one write to the storage. */
const RECENT = 1000;

/** Conversations of which the reactions are remembered that were told: more than an engine tells of at a time. */
const REACTIONS = 16;

export class Replica {
  readonly #emitter = new Emitter<ClientEvents>();
  readonly #conversations = new Map<number, Conversation>();
  readonly #directs = new Map<number, number>();
  readonly #profiles = new Map<number, UserProfile>();
  readonly #outgoing = new Map<string, Outgoing>();
  #recent: Entry[] = [];
  /** By conversation, the one told of last at the end. */
  readonly #reactions = new Map<number, Map<number, MessageReactions>>();
  readonly #typing = new Map<number, Writing>();
  #present: Present | null = null;
  /** Of the conversation that was told of last. */
  #readBy: { conv: number; counts: Map<number, number> } | null = null;
  readonly #drafts: Map<string, Draft>;
  me: UserProfile | null;
  connection: ConnectionState = { kind: "connecting", attempt: 1 };
  storage: StorageState;
  isLeader = false;

  constructor(loaded: Loaded, storage: StorageState) {
    this.me = loaded.meta.me ?? null;
    this.storage = storage;
    this.#drafts = new Map(loaded.drafts);
    for (const profile of loaded.profiles) this.#profiles.set(profile.id, profile);
    for (const row of loaded.rows) this.#takeConversation(row.toConversation());
    for (const outgoing of loaded.outgoing) this.#outgoing.set(outgoing.clientId, outgoing);
  }

  on<K extends keyof ClientEvents>(name: K, listener: (event: ClientEvents[K]) => void): () => void {
    return this.#emitter.on(name, listener);
  }

  /** Takes events in, all of them, and then tells them. */
  apply(happenings: Happening[]): void {
    for (const happening of happenings) this.#take(happening);
    for (const [name, event] of happenings) this.#emitter.emit(name, event);
  }

  /** The pinned ones as they are pinned, then the latest first. */
  conversations(): Conversation[] {
    return [...this.#conversations.values()].sort(
      (one, other) => pinned(other) - pinned(one) || activity(other) - activity(one) || other.conv - one.conv,
    );
  }

  conversation(conv: number): Conversation | null {
    return this.#conversations.get(conv) ?? null;
  }

  direct(user: number): Conversation | null {
    const conv = this.#directs.get(user);
    const found = conv === undefined ? undefined : this.#conversations.get(conv);
    const isStill = found !== undefined && this.me !== null && peerOf(found, this.me.id) === user;
    return isStill ? found : null;
  }

  profile(user: number): UserProfile | null {
    return this.#profiles.get(user) ?? null;
  }

  /** In the order of submission. */
  outgoing(): Outgoing[] {
    return [...this.#outgoing.values()].sort((one, other) => (one.clientId < other.clientId ? -1 : 1));
  }

  totalUnread(): number {
    let total = 0;
    for (const conversation of this.#conversations.values()) total += counted(conversation);
    return total;
  }

  /** The part of the sum that is not to draw attention at this time. */
  totalMuted(now: number): number {
    let total = 0;
    for (const conversation of this.#conversations.values()) if (isQuiet(conversation, now)) total += counted(conversation);
    return total;
  }

  /** Entries that were told of late, in order: the storage may not have them yet. */
  recent(conv: number): Entry[] {
    return this.#recent.filter((entry) => entry.conv === conv);
  }

  /** How the reactions of messages stand that were told of late: the storage may not have them yet, and does not have what
   * the user set and the server has not confirmed. */
  reactions(conv: number): ReadonlyMap<number, MessageReactions> {
    return this.#reactions.get(conv) ?? new Map();
  }

  present(conv: number): Present {
    return this.#present?.conv === conv ? this.#present : { conv, users: [], online: 0 };
  }

  /** By how many others a message was read, as far as the server has told; null where it has not. */
  readBy(conv: number, seq: number): number | null {
    return this.#readBy?.conv === conv ? (this.#readBy.counts.get(seq) ?? null) : null;
  }

  typing(conv: number): Writing {
    return this.#typing.get(conv) ?? { conv, users: [], others: 0 };
  }

  draft(key: string): Draft {
    return this.#drafts.get(key) ?? NO_DRAFT;
  }

  /** Everything that is being written, by key. */
  drafts(): [string, Draft][] {
    return [...this.#drafts];
  }

  #take([name, event]: Happening): void {
    switch (name) {
      case "connection":
        this.connection = event;
        break;
      case "reset":
        this.#conversations.clear();
        this.#directs.clear();
        this.#recent = [];
        this.#reactions.clear();
        this.#readBy = null;
        break;
      case "conversation":
        this.#takeConversation(event);
        break;
      case "profiles":
        for (const profile of event) this.#profiles.set(profile.id, profile);
        break;
      case "me":
        this.me = event;
        break;
      case "send":
        this.#takeSend(event);
        break;
      case "entry":
        this.#recent.push(event);
        if (this.#recent.length > 2 * RECENT) this.#recent = this.#recent.slice(-RECENT);
        break;
      case "reactions":
        this.#takeReactions(event);
        break;
      case "typing":
        if (event.users.length === 0 && event.others === 0) this.#typing.delete(event.conv);
        else this.#typing.set(event.conv, event);
        break;
      case "presence":
        this.#present = event;
        break;
      case "readBy":
        this.#takeReadBy(event);
        break;
      case "draft":
        this.#takeDraft(event);
        break;
      case "leader":
        this.isLeader = event;
        break;
      case "storage":
        this.storage = event;
        break;
      case "receipt":
      case "garbage":
        break;
    }
  }

  #takeReactions({ conv, messages }: ClientEvents["reactions"]): void {
    const known = this.#reactions.get(conv) ?? new Map<number, MessageReactions>();
    for (const message of messages) {
      known.delete(message.seq);
      known.set(message.seq, message);
    }
    for (const oldest of known.keys()) {
      if (known.size <= RECENT) break;
      known.delete(oldest);
    }
    this.#reactions.delete(conv);
    this.#reactions.set(conv, known);
    for (const oldest of this.#reactions.keys()) {
      if (this.#reactions.size <= REACTIONS) break;
      this.#reactions.delete(oldest);
    }
  }

  #takeReadBy({ conv, messages }: ClientEvents["readBy"]): void {
    const counts = this.#readBy?.conv === conv ? this.#readBy.counts : new Map<number, number>();
    for (const { seq, count } of messages) {
      counts.delete(seq);
      counts.set(seq, count);
    }
    for (const oldest of counts.keys()) {
      if (counts.size <= RECENT) break;
      counts.delete(oldest);
    }
    this.#readBy = { conv, counts };
  }

  #takeDraft({ key, ...draft }: ClientEvents["draft"]): void {
    if (isEmptyDraft(draft)) this.#drafts.delete(key);
    else this.#drafts.set(key, draft);
  }

  #takeSend({ outgoing, state }: SendUpdate): void {
    const { clientId } = outgoing;
    if (state === "settled" || state === "discarded") this.#outgoing.delete(clientId);
    else if (state !== "sent" || this.#outgoing.has(clientId)) this.#outgoing.set(clientId, outgoing);
  }

  #takeConversation(conversation: Conversation): void {
    this.#conversations.set(conversation.conv, conversation);
    const peer = this.me === null ? null : peerOf(conversation, this.me.id);
    // There is one 1:1 for each pair. One that a push began and no sync has told of yet may turn out to be larger.
    if (peer !== null && this.direct(peer) === null) this.#directs.set(peer, conversation.conv);
  }
}

/** How far up it is pinned; 0: it is not. */
function pinned(conversation: Conversation): number {
  return conversation.view?.pinned ?? 0;
}

/** When something was last said. */
function activity(conversation: Conversation): number {
  return conversation.last?.at ?? 0;
}
