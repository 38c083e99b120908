/**
 * What this device knows of one conversation.
 *
 * Owns: head, positions, the newest message, which messages are unread, and what a group is called and who is in it.
 * Promises: what a sync said of a group is not undone by older entries that come after it, nor what entries said by an
 * older sync; positions only grow; unread is derived: the held messages by others after one's own read
 * position that were not recalled, and as many older ones as the server counted and this device
 * does not hold.
 * Not here: how far it is held (`Incoming`), and the entries themselves (the storage).
 */
import type { Conversation, Member } from "../client/events.ts";
import { amended } from "../log.ts";
import type { ConversationKind, ConversationView, Entry, GroupEvent, GroupView, MemberPosition, Position, View, ViewChange } from "../wire.gen.ts";
import { begun, changed, comers, goers, isTold } from "./group.ts";
import { Tally } from "./tally.ts";
import { changed as changedView, leftOf } from "./view.ts";

/** Nothing was ever made of it. */
const NO_VIEW: View = { rev: 0 };

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
  members: readonly Member[] | null;
  last: Entry | null;
  unread: number[];
  older: number;
  /** Those of them that mention the user; absent in what an earlier version kept. */
  mentioned?: number[];
  olderMentions?: number;
  /** Of a group: what is known of it, and up to which entry; absent in what an earlier version kept. */
  group?: GroupView;
  asOf?: number;
  left?: true;
  /** What the user made of it, and the last message, which may end that; absent in what an earlier version kept. */
  view?: View;
  said?: { seq: number; at: number };
  since?: number;
  gone?: number;
  pins?: number[];
  pinsAsOf?: number;
}

/** What the server said of the unread messages, until all that it counted is held. */
interface Count {
  unread: number;
  mentions: number;
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
  #members: Map<number, Member> | null = new Map();
  /** The members as they were shown last, until one of them moves. */
  #shown: readonly Member[] | null = null;
  #group: GroupView | null = null;
  /** What is known of the group is as of this entry: older ones change nothing of it. */
  #asOf = 0;
  /** One is no member of the group any more. */
  #left = false;
  #last: Entry | null = null;
  /** What the user made of it, as the server has it; and what of it the server has not confirmed. */
  #view: View = NO_VIEW;
  #wish: ViewChange | null = null;
  /** The first entry that is this user's to read: what stands before was said before they came, was cleared, or is gone. */
  #since = 1;
  /** Nothing up to here is kept by the server. */
  #gone = 0;
  /** The pinned messages, ascending, and as of which entry they are known. */
  #pins: number[] = [];
  #pinsAsOf = 0;
  /** The last message that is held. */
  #said: { seq: number; at: number } | null = null;
  #unread = new Tally();
  /** Those of them that mention the user. */
  #mentions = new Tally();
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
    row.#group = stored.group ?? null;
    row.#asOf = stored.asOf ?? 0;
    row.#left = stored.left === true;
    row.#last = stored.last;
    row.#view = stored.view ?? NO_VIEW;
    row.#said = stored.said ?? null;
    row.#since = stored.since ?? 1;
    row.#gone = stored.gone ?? 0;
    row.#pins = [...(stored.pins ?? [])];
    row.#pinsAsOf = stored.pinsAsOf ?? 0;
    row.#unread = new Tally(stored.unread, stored.older);
    row.#mentions = new Tally(stored.mentioned, stored.olderMentions);
    return row;
  }

  store(isAckOwed: boolean): StoredRow {
    return {
      kind: this.#kind,
      head: this.#headNow(),
      seq: this.held,
      isAckOwed,
      floor: this.floor,
      me: this.#me,
      size: this.#size,
      members: this.members() ?? null,
      last: this.#last,
      unread: [...this.#unread.seqs],
      older: this.#unread.older,
      ...(this.#mentions.total(null) === 0 ? {} : { mentioned: [...this.#mentions.seqs], olderMentions: this.#mentions.older }),
      ...(this.#group === null ? {} : { group: this.#group }),
      ...(this.#kind === "group" ? { asOf: this.#asOf } : {}),
      ...(this.#left ? { left: true as const } : {}),
      ...(this.#view.rev === 0 ? {} : { view: this.#view }),
      ...(this.#said === null ? {} : { said: this.#said }),
      ...(this.#since === 1 ? {} : { since: this.#since }),
      ...(this.#gone === 0 ? {} : { gone: this.#gone }),
      ...(this.#pinsAsOf === 0 ? {} : { pins: [...this.#pins], pinsAsOf: this.#pinsAsOf }),
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
  members(): readonly Member[] | undefined {
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
      head: this.#headNow(),
      held: this.held,
      floor: this.floor,
      ...this.#unreadNow(),
      me: this.#me,
      size: Math.max(this.#size, members?.length ?? 0),
      ...(members === undefined ? {} : { members }),
      ...(this.#group === null ? {} : { group: this.#group }),
      ...(this.#left ? { left: true as const } : {}),
      ...this.#viewNow(),
      ...(this.#since === 1 ? {} : { since: this.#since }),
      ...(this.#gone === 0 ? {} : { gone: this.#gone }),
      ...(this.#pins.length === 0 || this.#left ? {} : { pins: this.#pins }),
      last: this.#last,
    };
  }

  #viewNow(): { view?: View } {
    const standing = { head: this.#headNow(), read: this.#me.read, said: this.#said };
    const left = leftOf(this.#view, standing);
    const view = this.#wish === null ? left : changedView(left, this.#wish, standing, Date.now());
    return Object.keys(view).length === 1 ? {} : { view };
  }

  /** What the server has of the user's view: of two the later stays. */
  takeView(view: View): boolean {
    if (view.rev <= this.#view.rev) return false;
    this.#view = view;
    this.#beginAt((view.cleared ?? 0) + 1);
    return true;
  }

  /** Nothing up to here is kept by the server any more; whether that is news. */
  takeFloor(floor: number): boolean {
    if (floor <= this.#gone) return false;
    this.#gone = floor;
    this.#beginAt(floor + 1);
    return true;
  }

  /** Nothing before this is the user's to read any more. */
  #beginAt(since: number): void {
    if (since <= this.#since) return;
    this.#since = since;
    this.#pins = this.#pins.filter((seq) => seq >= since);
    if (this.#last !== null && this.#last.seq < since) this.#last = null;
    for (const tally of [this.#unread, this.#mentions]) tally.beginAt(since, this.floor);
    // It counted what is gone.
    if (since > (this.#count?.head ?? since)) this.#count = null;
  }

  /** The first entry that is this user's to read. */
  get since(): number {
    return this.#since;
  }

  /** From where on what is kept is to be kept; null where all of it is. */
  get outdated(): number | null {
    return this.#floor !== null && this.#floor < this.#since ? Math.min(this.#since, this.held + 1) : null;
  }

  /** What the user changes of it, and the server has not confirmed. */
  setWish(wish: ViewChange | null): void {
    this.#wish = wish;
  }

  /** What a sync says. */
  view(view: ConversationView): void {
    this.#kind = view.kind;
    // The page may have been written before entries that came meanwhile.
    const isOld = view.head < this.#asOf && this.#group !== null;
    this.#asOf = Math.max(this.#asOf, view.head);
    // Nothing is said of a group any more to whom it was: it stays as it was known.
    if (view.left === true && !isOld) return this.leave();
    this.#head = Math.max(this.#head, view.head);
    if (!isOld) {
      this.#left = false;
      this.#group = view.group ?? null;
      this.#size = view.size;
      this.#takeMembers(view.members);
    }
    if (view.view !== undefined) this.takeView(view.view);
    this.takeFloor(view.floor ?? 0);
    this.#beginAt(view.since ?? 1);
    if (view.head >= this.#pinsAsOf) [this.#pins, this.#pinsAsOf] = [[...(view.pins ?? [])], view.head];
    this.move(this.#user, view.me.read, view.me.delivered);
    this.#count = { unread: view.unread, mentions: view.mentions ?? 0, head: view.head, read: view.me.read };
    this.#settle();
  }

  /** One is no member any more: it ends with what is held. */
  leave(): void {
    this.#left = true;
    this.#view = NO_VIEW;
    this.#count = null;
    this.#unread = new Tally();
    this.#mentions = new Tally();
  }

  /** Somebody who is in it, as far as an entry shows. Who is in a group is said by events. */
  meet(user: number): void {
    if (this.#kind !== "group") this.move(user, 0, 0);
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
    // Who has left a group may still be in an older entry.
    if (known === undefined && this.#kind === "group") return false;
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
    else if (entry.kind === "event") this.#event(entry, entry.event ?? { type: "" });
    else this.#amend(entry);
    this.#settle();
  }

  /** Older entries were kept, down to this one; or those below it were dropped. */
  setFloor(floor: number): void {
    this.#floor = floor;
  }

  #message(entry: Entry): void {
    if (entry.seq >= this.#since) this.#last = entry;
    this.#said = { seq: entry.seq, at: entry.at };
    if (entry.from === this.#user) this.move(this.#user, entry.seq, entry.seq);
    else {
      this.move(entry.from, entry.seq, entry.seq);
      const isToRead = entry.seq > this.read && entry.seq >= this.#since;
      if (!isToRead || entry.recalled_by !== undefined || this.#left) return;
      this.#unread.add(entry.seq);
      if (this.#isMentionedBy(entry)) this.#mentions.add(entry.seq);
    }
  }

  #isMentionedBy({ mentions, mentions_all }: Entry): boolean {
    return mentions_all === true || mentions?.includes(this.#user) === true;
  }

  #event(entry: Entry, event: GroupEvent): void {
    this.#last = entry;
    // What of a group's changes a conversation of two has as well.
    if (event.type === "pinned" || event.type === "unpinned") return this.#pin(entry.seq, event.target ?? 0, event.type === "pinned");
    this.#kind = "group";
    // What was said before is nothing that who comes in has still to read.
    if (comers(entry, event).includes(this.#user)) this.move(this.#user, entry.seq, entry.seq);
    if (entry.seq > this.#asOf) this.#change(entry, event);
    if (event.type !== "created") this.#cameWith(entry.seq, comers(entry, event));
  }

  #pin(by: number, seq: number, isOn: boolean): void {
    if (by <= this.#pinsAsOf) return;
    this.#pinsAsOf = by;
    const others = this.#pins.filter((pinned) => pinned !== seq);
    this.#pins = isOn && seq >= this.#since ? [...others, seq].sort((one, other) => one - other) : others;
  }

  /** Also where a sync has told of these members before. */
  #cameWith(since: number, users: readonly number[]): void {
    for (const user of users) {
      const member = this.#members?.get(user);
      if (member === undefined) continue;
      this.#members?.set(user, { ...member, since });
      this.#shown = null;
    }
  }

  #change(entry: Entry, event: GroupEvent): void {
    this.#asOf = entry.seq;
    if (event.type === "created") this.#group = begun(event.name ?? "", entry.from === this.#user ? "owner" : "member");
    else if (this.#group !== null) this.#group = changed(this.#group, entry, event, this.#user);
    // Of those who are banned not all were members.
    const gone = event.type === "banned" ? event.out : undefined;
    this.#exchange(entry.seq, comers(entry, event), goers(entry, event), gone);
  }

  /** Some come into the group and some go; null: all. */
  #exchange(seq: number, coming: readonly number[], going: readonly number[] | null, gone = going?.length ?? 0): void {
    if (going === null || going.includes(this.#user)) this.leave();
    if (coming.includes(this.#user)) this.#left = false;
    if (going?.length === 0 && coming.length === 0) return;
    this.#shown = null;
    // The first entry is where all of them come from.
    if (seq === 1) this.#members = new Map();
    for (const user of coming) this.#members?.set(user, { user, read: seq, delivered: seq });
    for (const user of going ?? this.#members?.keys() ?? []) this.#members?.delete(user);
    this.#size = this.#members?.size ?? (going === null ? 0 : Math.max(0, this.#size + coming.length - gone));
    if (!isTold(this.#size)) this.#members = null;
  }

  /** A group that one has left ends where it was left. */
  #headNow(): number {
    return this.#left ? this.held : Math.max(this.#head, this.held);
  }

  #amend(by: Entry): void {
    if (this.#last !== null) this.#last = amended(this.#last, by) ?? this.#last;
    if (by.kind !== "recall" || by.target === undefined) return;
    const target = by.target;
    if (this.#pinsAsOf > 0) this.#pin(by.seq, target, false);
    this.#mentions.remove(target);
    // In a group, admins recall what others said. What one said oneself is read.
    if (this.#unread.remove(target) || target <= this.read || target >= this.floor) return;
    this.#unread.limitOlder(this.#unread.older - 1);
    // Whether that one mentioned the user is not known.
    this.#mentions.limitOlder(this.#unread.older);
  }

  #forgetRead(before: number, read: number): void {
    for (const tally of [this.#unread, this.#mentions]) tally.read(read, this.floor);
    this.#unread.limitOlder(this.#unread.older - (read - before));
    // Which of those that were read mentioned the user is not known.
    this.#mentions.limitOlder(this.#unread.older);
  }

  /** Once all that the server counted is held, what it counted beyond that is older. */
  #settle(): void {
    const count = this.#count;
    if (count === null) return;
    if (this.read > count.read) {
      // It counted from a position that is no longer one's own.
      this.#count = null;
    } else if (this.held >= count.head) {
      const isAllHeld = Math.max(this.read, this.#since - 1) >= this.floor - 1;
      this.#unread.settle(count.unread, count.head, isAllHeld);
      this.#mentions.settle(count.mentions, count.head, isAllHeld);
      this.#count = null;
    }
  }

  /** Older entries were read from the server: those of them that are unread and mention the user are known now. Whether
   * there was one that was not. */
  look(entries: readonly Entry[]): boolean {
    const before = this.#mentions.seqs.length;
    for (const entry of entries) {
      const { kind, from, seq, recalled_by } = entry;
      if (kind !== "message" || from === this.#user || recalled_by !== undefined) continue;
      if (this.#isMentionedBy(entry)) this.#find(seq);
    }
    return this.#mentions.seqs.length > before;
  }

  /** These are all that mention the user, below what is held. */
  takeMentions(seqs: readonly number[]): void {
    for (const seq of seqs) this.#find(seq);
    this.#mentions.limitOlder(0);
  }

  #find(seq: number): void {
    if (seq > this.read && seq >= this.#since && seq < this.floor && !this.#left) this.#mentions.find(seq);
  }

  #unreadNow(): { unread: number; mentions?: number; mentioned?: readonly number[] } {
    const { head, unread, mentions } = this.#count ?? { head: 0, unread: 0, mentions: 0 };
    const counted = (count: number) => (this.#count === null ? null : { count, head });
    const all = this.#unread.total(counted(unread));
    const mine = this.#mentions.total(counted(mentions));
    return { unread: all, ...(mine === 0 ? {} : { mentions: mine, mentioned: [...this.#mentions.seqs] }) };
  }
}

/** Positions that only grow: the same object where nothing does. */
function grown<P extends Position>(before: P, read: number, delivered: number): P {
  const after = { read: Math.max(read, before.read), delivered: Math.max(delivered, read, before.delivered) };
  return after.read === before.read && after.delivered === before.delivered ? before : { ...before, ...after };
}
