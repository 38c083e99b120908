/**
 * What this device knows of one conversation.
 *
 * Owns: head, positions, the newest message, and which messages are unread.
 * Promises: positions only grow; unread is derived: the held messages by others after one's own read
 * position that were not recalled, and as many older ones as the server counted and this device
 * does not hold.
 * Not here: how far it is held (`Incoming`), and the entries themselves (the storage).
 */
import type { Conversation } from "../client/events.ts";
import { amended } from "../log.ts";
import type { ConversationKind, ConversationView, Entry, MemberPosition } from "../wire.gen.ts";

/** What the storage keeps of a row. */
export interface StoredRow {
  kind: ConversationKind;
  head: number;
  seq: number;
  isAckOwed: boolean;
  floor: number;
  members: MemberPosition[];
  last: Entry | null;
  unread: number[];
  older: number;
}

/** What the server said of the unread messages, until all that it counted is held. */
interface Count {
  unread: number;
  head: number;
  read: number;
}

export class Row {
  readonly conv: number;
  readonly #me: number;
  #kind: ConversationKind = "direct";
  #head = 0;
  /** Everything up to here was delivered. */
  held = 0;
  /** The first seq kept on this device; null when none is. */
  #floor: number | null = null;
  readonly #members = new Map<number, MemberPosition>();
  #last: Entry | null = null;
  /** Unread messages that are held, ascending. */
  #unread: number[] = [];
  /** Unread messages below what is held. */
  #older = 0;
  #count: Count | null = null;

  constructor(conv: number, me: number) {
    this.conv = conv;
    this.#me = me;
  }

  static restore(conv: number, me: number, stored: StoredRow): Row {
    const row = new Row(conv, me);
    row.#kind = stored.kind;
    row.#head = stored.head;
    row.held = stored.seq;
    row.#floor = stored.floor > stored.seq ? null : stored.floor;
    for (const member of stored.members) row.#members.set(member.user, { ...member });
    row.#last = stored.last;
    row.#unread = [...stored.unread];
    row.#older = stored.older;
    return row;
  }

  store(isAckOwed: boolean): StoredRow {
    return {
      kind: this.#kind,
      head: Math.max(this.#head, this.held),
      seq: this.held,
      isAckOwed,
      floor: this.floor,
      members: this.members(),
      last: this.#last,
      unread: [...this.#unread],
      older: this.#older,
    };
  }

  get floor(): number {
    return this.#floor ?? this.held + 1;
  }

  /** One's own read position. */
  get read(): number {
    return this.#members.get(this.#me)?.read ?? 0;
  }

  /** The other person of a 1:1 conversation; null while unknown. */
  get other(): number | null {
    if (this.#kind !== "direct") return null;
    for (const user of this.#members.keys()) {
      if (user !== this.#me) return user;
    }
    return null;
  }

  members(): MemberPosition[] {
    return [...this.#members.values()].map((member) => ({ ...member }));
  }

  /** The row as the application sees it. */
  toConversation(): Conversation {
    return {
      conv: this.conv,
      kind: this.#kind,
      head: Math.max(this.#head, this.held),
      held: this.held,
      floor: this.floor,
      unread: this.#unreadNow(),
      members: this.members(),
      last: this.#last,
    };
  }

  /** What a sync says. */
  view(view: ConversationView): void {
    this.#kind = view.kind;
    this.#head = Math.max(this.#head, view.head);
    for (const member of view.members) this.move(member.user, member.read, member.delivered);
    const read = view.members.find((member) => member.user === this.#me)?.read ?? 0;
    this.#count = { unread: view.unread, head: view.head, read };
    this.#settle();
  }

  /** Somebody who is in it, as far as an entry shows. */
  meet(user: number): void {
    this.move(user, 0, 0);
  }

  /** Moves a member's positions; whether anything changed. */
  move(user: number, read: number, delivered: number): boolean {
    const before = this.#members.get(user);
    const after = {
      user,
      read: Math.max(read, before?.read ?? 0),
      delivered: Math.max(delivered, read, before?.delivered ?? 0),
    };
    if (before?.read === after.read && before.delivered === after.delivered) return false;
    this.#members.set(user, after);
    if (user === this.#me && after.read > (before?.read ?? 0)) this.#forgetRead(before?.read ?? 0, after.read);
    return true;
  }

  /** Takes the next entry of the log. */
  deliver(entry: Entry): void {
    this.held = entry.seq;
    this.#head = Math.max(this.#head, entry.seq);
    this.#floor ??= entry.seq;
    if (entry.kind === "message") this.#message(entry);
    else this.#amend(entry);
    this.#settle();
  }

  /** Older entries were kept, down to this one; or those below it were dropped. */
  setFloor(floor: number): void {
    this.#floor = floor;
  }

  #message(entry: Entry): void {
    this.#last = entry;
    if (entry.from === this.#me) this.move(this.#me, entry.seq, entry.seq);
    else {
      this.move(entry.from, entry.seq, entry.seq);
      if (entry.seq > this.read && entry.recalled_by === undefined) this.#unread.push(entry.seq);
    }
  }

  #amend(by: Entry): void {
    if (this.#last !== null) this.#last = amended(this.#last, by) ?? this.#last;
    if (by.kind !== "recall" || by.target === undefined) return;
    const target = by.target;
    if (this.#unread.includes(target)) this.#unread = this.#unread.filter((seq) => seq !== target);
    // Only its sender recalls a message.
    else if (by.from !== this.#me && target > this.read && target < this.floor) {
      this.#older = Math.max(0, this.#older - 1);
    }
  }

  #forgetRead(before: number, read: number): void {
    this.#unread = this.#unread.filter((seq) => seq > read);
    const isAllOlderRead = read >= this.floor - 1;
    this.#older = isAllOlderRead ? 0 : Math.max(0, this.#older - (read - before));
  }

  /** Once all that the server counted is held, what it counted beyond that is older. */
  #settle(): void {
    const count = this.#count;
    if (count === null) return;
    if (this.read > count.read) {
      // It counted from a position that is no longer one's own.
      this.#count = null;
    } else if (this.held >= count.head) {
      const held = this.#unread.filter((seq) => seq <= count.head).length;
      this.#older = this.read >= this.floor - 1 ? 0 : Math.max(0, count.unread - held);
      this.#count = null;
    }
  }

  #unreadNow(): number {
    const count = this.#count;
    if (count === null) return this.#older + this.#unread.length;
    return count.unread + this.#unread.filter((seq) => seq > count.head).length;
  }
}
