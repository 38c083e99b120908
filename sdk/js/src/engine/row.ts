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
import type { ConversationKind, ConversationView, Entry, MemberPosition, Position } from "../wire.gen.ts";

/** What the storage keeps of a row. */
export interface StoredRow {
  kind: ConversationKind;
  head: number;
  seq: number;
  isAckOwed: boolean;
  floor: number;
  /** Absent in what an earlier version kept. */
  me?: Position;
  size?: number;
  /** Null: too many to be told. */
  members: readonly MemberPosition[] | null;
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
  readonly #user: number;
  #kind: ConversationKind = "direct";
  #head = 0;
  /** Everything up to here was delivered. */
  held = 0;
  /** The first seq kept on this device; null when none is. */
  #floor: number | null = null;
  #me: Position = { read: 0, delivered: 0 };
  #size = 0;
  /** One's own positions among them; null where there are too many to be told. */
  #members: Map<number, MemberPosition> | null = new Map();
  /** The members as they were shown last, until one of them moves. */
  #shown: readonly MemberPosition[] | null = null;
  #last: Entry | null = null;
  /** Unread messages that are held, ascending. */
  #unread: number[] = [];
  /** Unread messages below what is held. */
  #older = 0;
  #count: Count | null = null;

  constructor(conv: number, me: number) {
    this.conv = conv;
    this.#user = me;
  }

  static restore(conv: number, me: number, stored: StoredRow): Row {
    const row = new Row(conv, me);
    row.#kind = stored.kind;
    row.#head = stored.head;
    row.held = stored.seq;
    row.#floor = stored.floor > stored.seq ? null : stored.floor;
    row.#members = stored.members === null ? null : new Map(stored.members.map((member) => [member.user, { ...member }]));
    const { read, delivered } = stored.me ?? row.#members?.get(me) ?? row.#me;
    row.#me = { read, delivered };
    row.#size = stored.size ?? 0;
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
      me: this.#me,
      size: this.#size,
      members: this.members() ?? null,
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
    return this.#me.read;
  }

  /** The other person of a 1:1 conversation; null while unknown. */
  get other(): number | null {
    if (this.#kind !== "direct") return null;
    for (const user of this.#members?.keys() ?? []) {
      if (user !== this.#user) return user;
    }
    return null;
  }

  /** Undefined where there are too many to be told. */
  members(): readonly MemberPosition[] | undefined {
    if (this.#members === null) return undefined;
    this.#shown ??= [...this.#members.values()];
    return this.#shown;
  }

  /** The row as the application sees it. */
  toConversation(): Conversation {
    const members = this.members();
    return {
      conv: this.conv,
      kind: this.#kind,
      head: Math.max(this.#head, this.held),
      held: this.held,
      floor: this.floor,
      unread: this.#unreadNow(),
      me: this.#me,
      size: Math.max(this.#size, members?.length ?? 0),
      ...(members === undefined ? {} : { members }),
      last: this.#last,
    };
  }

  /** What a sync says. */
  view(view: ConversationView): void {
    this.#kind = view.kind;
    this.#head = Math.max(this.#head, view.head);
    this.#size = view.size;
    this.#takeMembers(view.members);
    this.move(this.#user, view.me.read, view.me.delivered);
    this.#count = { unread: view.unread, head: view.head, read: view.me.read };
    this.#settle();
  }

  /** Somebody who is in it, as far as an entry shows. */
  meet(user: number): void {
    this.move(user, 0, 0);
  }

  /** Moves a member's positions; whether anything changed. Where members are not told, only one's own move. */
  move(user: number, read: number, delivered: number): boolean {
    const isChanged = this.#moveMember(user, read, delivered);
    if (user !== this.#user) return isChanged;
    const before = this.#me;
    this.#me = grown(before, read, delivered);
    if (this.#me.read > before.read) this.#forgetRead(before.read, this.#me.read);
    return isChanged || this.#me !== before;
  }

  #moveMember(user: number, read: number, delivered: number): boolean {
    if (this.#members === null) return false;
    const known = this.#members.get(user);
    const before = known ?? { user, read: 0, delivered: 0 };
    const after = grown(before, read, delivered);
    if (after === known) return false;
    this.#members.set(user, after);
    this.#shown = null;
    return true;
  }

  /** Who is in it, as a sync tells. Whoever is not is gone. */
  #takeMembers(told: readonly MemberPosition[] | undefined): void {
    const known = this.#members;
    this.#shown = null;
    this.#members = told === undefined ? null : new Map();
    for (const { user, read, delivered } of told ?? []) {
      this.#members?.set(user, grown(known?.get(user) ?? { user, read: 0, delivered: 0 }, read, delivered));
    }
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
    if (entry.from === this.#user) this.move(this.#user, entry.seq, entry.seq);
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
    // In a group, admins recall what others said. What one said oneself is read.
    else if (target > this.read && target < this.floor) {
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

/** Positions that only grow: the same object where nothing does. */
function grown<P extends Position>(before: P, read: number, delivered: number): P {
  const after = { read: Math.max(read, before.read), delivered: Math.max(delivered, read, before.delivered) };
  return after.read === before.read && after.delivered === before.delivered ? before : { ...before, ...after };
}
