/**
 * The handle that an application holds.
 *
 * Owns: what the application can ask and hear. Promises: the same in every tab, whoever owns the
 * connection. Not here: sockets, machines and storage (`engine`), and sharing (`tabs`).
 */
import { Engine } from "../engine/engine.ts";
import { load } from "../engine/load.ts";
import { HongyanError } from "../errors.ts";
import { Groups } from "../groups.ts";
import type { MemberPage, Mutes } from "../groups.ts";
import { Http } from "../http.ts";
import { ClientIds } from "../ids.ts";
import { Joining } from "../joining.ts";
import type { Door, GroupOutside, Joiner, JoinRequest, Link, LinkTerms } from "../joining.ts";
import { OverlayStorage } from "../storage/overlay.ts";
import { TABLES } from "../storage/storage.ts";
import type { Backend } from "../tabs/backend.ts";
import { Tabs } from "../tabs/tabs.ts";
import { checkLabel, checkText } from "../text.ts";
import type { Entry, FoundUsers, GroupSetting, HistoryPage, MentionsPage, MessageReactions, PresenceSettings, Role, Sent, Session, UserPage, UserPresence, UserProfile, ViewChange } from "../types.ts";
import { LIMITS } from "../wire.gen.ts";
import type { Asked } from "../wire.gen.ts";
import { watch } from "../wake.ts";
import type { Append } from "../delivery/outbox.ts";
import type { Present } from "../delivery/presence.ts";
import type { Writing } from "../delivery/typing.ts";
import { Cache } from "./cache.ts";
import { Drafts } from "./drafts.ts";
import type { ClientEvents, ConnectionState, Conversation, Draft, Happening, Outgoing, SendUpdate, StorageState } from "./events.ts";
import { settle } from "./options.ts";
import type { ClientOptions, Settled } from "./options.ts";
import { Replica } from "./replica.ts";
import { SyncedDrafts } from "./synced-drafts.ts";

/** Whom a message is for: a conversation that exists, or the 1:1 conversation with a user. */
export type Target = { conv: number } | { to: number };

/** A request on its way. */
export interface SendOptions {
  /** The message of the same conversation that it answers. */
  replyTo?: number;
  /** Users who should notice it. */
  mentions?: number[];
  /** All members of the group should notice it: for its admins, `LIMITS.ALLS_A_DAY` times in 24 hours. Beyond that it waits,
   * and what is sent behind it. */
  mentionsAll?: boolean;
  /** What it belongs to within the conversation: 1 to `LIMITS.TOPIC_BYTES` bytes. */
  topic?: string;
  /** When it loses its worth, in ms since the epoch. The server keeps it all the same. */
  expiresAt?: number;
  /** Where it comes from, if not from the sender's own hand: 1 to `LIMITS.ORIGIN_BYTES` bytes. */
  origin?: string;
}

export interface Submission {
  /** Known at once: match the local echo to the entry by it. */
  readonly clientId: string;
  /** Kept on this device: it will be sent, whatever happens to this page. */
  readonly kept: Promise<void>;
  /** On the server's disk. Rejects with a {@link HongyanError} when it was refused or discarded. */
  readonly sent: Promise<Sent>;
}

/** Pages of mentions in all conversations that are looked through for those of one. */
const MENTION_PAGES = 10;

/** One client of one account on one device. */
export class Client {
  readonly #http: Http;
  readonly #groups: Groups;
  readonly #joining: Joining;
  readonly #storage: OverlayStorage;
  readonly #replica: Replica;
  readonly #cache: Cache;
  readonly #drafts: Drafts;
  readonly #syncedDrafts: SyncedDrafts;
  readonly #ids = new ClientIds();
  readonly #backend: Backend;
  readonly #stopWatching: () => void;
  readonly #waiting = new Map<string, { resolve(sent: Sent): void; reject(problem: HongyanError): void }>();
  #isClosed = false;
  /** Signing out, once that has begun. */
  #leaving: Promise<void> | null = null;

  /** Opens what is stored, and begins to connect. Resolves before there is a connection. */
  static async open(options: ClientOptions): Promise<Client> {
    const settled = settle(options);
    const problems: string[] = [];
    const later: { tell: (problem: string) => void } = { tell: (problem) => problems.push(problem) };
    const storage = new OverlayStorage(settled.storage, (problem) => later.tell(problem));
    await storage.open(settled.account);
    const loaded = await load(storage);
    const replica = new Replica(loaded, stateOf(storage));
    later.tell = () => replica.apply([["storage", stateOf(storage)]]);
    const client = new Client(settled, storage, replica, await backend(settled, storage, replica));
    return client;
  }

  private constructor(options: Settled, storage: OverlayStorage, replica: Replica, backend: Backend) {
    this.#http = new Http(options.server, options.token);
    this.#groups = new Groups(this.#http, () => this.#ids.next(Date.now(), Math.random));
    this.#joining = new Joining(this.#http, () => this.#ids.next(Date.now(), Math.random));
    this.#storage = storage;
    this.#replica = replica;
    this.#cache = new Cache(storage, replica);
    this.#drafts = new Drafts(storage, replica, (key, draft) => backend.draft(key, draft));
    this.#syncedDrafts = new SyncedDrafts(
      replica,
      (conv, change) => backend.setView(conv, change),
      (key, draft) => this.#drafts.take(key, draft, replica.isLeader),
    );
    this.#backend = backend;
    replica.on("send", (update) => this.#settle(update));
    replica.on("connection", (state) => {
      if (state.kind === "stopped" && state.reason.kind === "signed_out" && state.reason.erased !== undefined) this.#drafts.forget();
    });
    this.#stopWatching = watch({
      wake: () => backend.wake(),
      visible: (isVisible) => {
        backend.setVisible(isVisible);
        if (isVisible) return;
        void this.#drafts.flush();
        this.#syncedDrafts.flush();
      },
    });
  }

  /** Where the connection stands. */
  get connection(): ConnectionState {
    return this.#replica.connection;
  }

  /** Who is signed in; null until the first `welcome` ever. */
  get me(): UserProfile | null {
    return this.#replica.me;
  }

  /** Whether this tab owns the connection. Only the leader shows notifications. */
  get isLeader(): boolean {
    return this.#replica.isLeader;
  }

  get storage(): StorageState {
    return this.#replica.storage;
  }

  /** The unread messages of all conversations but the hidden ones; one that is marked as unread counts as one at least. */
  get totalUnread(): number {
    return this.#replica.totalUnread();
  }

  /** How many of {@link totalUnread} are in conversations that are muted now, or archived: they draw no attention. */
  get totalMuted(): number {
    return this.#replica.totalMuted(Date.now());
  }

  /** Listens. Returns what stops it. */
  on<K extends keyof ClientEvents>(name: K, listener: (event: ClientEvents[K]) => void): () => void {
    return this.#replica.on(name, listener);
  }

  /** The conversations known here: the pinned ones as they are pinned, then the latest first. Hidden and archived ones are
   * among them: see their `view`. */
  conversations(): Conversation[] {
    return this.#replica.conversations();
  }

  conversation(conv: number): Conversation | null {
    return this.#replica.conversation(conv);
  }

  /** The 1:1 conversation with a user, where there is one. */
  direct(user: number): Conversation | null {
    return this.#replica.direct(user);
  }

  /** A user whose name is known here. */
  profile(user: number): UserProfile | null {
    return this.#replica.profile(user);
  }

  /** Requests whose entry has not come yet, in the order of submission, failed ones included. */
  outgoing(): Outgoing[] {
    return this.#replica.outgoing();
  }

  /** Sends a message; offline, as soon as there is a connection. Throws a {@link HongyanError} for a
   * text that no server would take, and for a group that one has left. */
  send(target: Target, text: string, options: SendOptions = {}): Submission {
    const { replyTo, mentions, mentionsAll, topic, expiresAt, origin } = options;
    if ("conv" in target && this.conversation(target.conv)?.left === true) {
      throw new HongyanError("conversation_not_found", "no member of this group any more");
    }
    return this.#submit((client_id) => ({
      type: "send",
      ...target,
      client_id,
      body: { type: "text", text: checkText(text) },
      ...(replyTo === undefined ? {} : { reply_to: replyTo }),
      ...(mentions === undefined || mentions.length === 0 ? {} : { mentions }),
      ...(mentionsAll === true ? { mentions_all: true } : {}),
      ...(topic === undefined ? {} : { topic: checkLabel("topic", topic, LIMITS.TOPIC_BYTES) }),
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
      ...(origin === undefined ? {} : { origin: checkLabel("origin", origin, LIMITS.ORIGIN_BYTES) }),
    }));
  }

  /** Gives one's own message at `seq` a new text. Throws as {@link send} does. */
  edit(conv: number, seq: number, text: string): Submission {
    const body = { type: "text", text: checkText(text) };
    return this.#submit((client_id) => ({ type: "edit", conv, seq, client_id, body }));
  }

  /** Takes one's own message at `seq` back. */
  recall(conv: number, seq: number): Submission {
    return this.#submit((client_id) => ({ type: "recall", conv, seq, client_id }));
  }

  /** Sends a failed request again. */
  async resend(clientId: string): Promise<void> {
    await this.#backend.resend(clientId);
  }

  /** Drops a request that failed or waits. False: it is in flight or gone. */
  async discard(clientId: string): Promise<boolean> {
    return this.#backend.discard(clientId);
  }

  /** Everything up to `seq` was read. Shown at once, told to the server when there is a connection. */
  read(conv: number, seq: number): void {
    const conversation = this.conversation(conv);
    if (conversation?.left === true) return;
    const own = conversation?.me;
    // What is looked at is not marked any more.
    if (conversation?.view?.marked_unread !== undefined) void this.setView(conv, { marked_unread: false }).catch(() => {});
    if (own === undefined || own.read < seq) this.#backend.read(conv, seq);
  }

  /** Entries kept on this device, ascending: the newest below `before` (or of all), or the oldest
   * above `after`. Edits and recalls are already applied to the messages. */
  cached(conv: number, range: { before?: number; after?: number; limit: number }): Promise<Entry[]> {
    return this.#cache.read(conv, range);
  }

  /** Every entry kept on this device, newest first within a conversation, in batches: for search. */
  cachedEntries(): AsyncIterable<Entry[]> {
    return this.#cache.all();
  }

  /** The same from the server. Pages that touch what is kept are kept too. Of a group that one has left there is nothing
   * more than what is kept: it is not asked for, and the page is empty. */
  history(conv: number, range: { before?: number; after?: number; limit?: number }): Promise<HistoryPage> {
    const known = this.conversation(conv);
    if (known?.left === true) return Promise.resolve({ conv, entries: [], head: known.held, more: false });
    return this.#backend.history(conv, range);
  }

  /** Says which conversation is on the screen here; null: none. Of the last one its reactions are told as they change
   * (`reactions` events), and, while somebody looks, what is live in it (`typing`). */
  watch(conv: number | null): void {
    this.#backend.watch(conv).catch(() => {});
  }

  /** Says which messages of the conversation that is {@link watch}ed are on the screen: of the newest 50 of them it is told by
   * how many others each was read, as that changes (`readBy` events). Where a conversation has its `members`, their positions say it, and
   * nothing is asked. */
  show(conv: number, seqs: readonly number[]): void {
    this.#backend.show(conv, seqs).catch(() => {});
  }

  /** By how many others a message was read that was {@link show}n; null while the server has not told. */
  readBy(conv: number, seq: number): number | null {
    return this.#replica.readBy(conv, seq);
  }

  /** Who has read a message, or with `unread` who has not: a page of at most 100, by id. Those count who were members when it
   * was sent, and still are; its sender does not. */
  async readers(conv: number, seq: number, page: { after?: number; limit?: number; unread?: boolean } = {}): Promise<UserPage> {
    const found = await this.#http.readers(conv, seq, page);
    this.#backend.profiles(found.users);
    return found;
  }

  /** Who is there now, of the members of the conversation that is {@link watch}ed: in one of more than 100 members only how
   * many. */
  present(conv: number): Present {
    return this.#replica.present(conv);
  }

  /** Whether these users are there, at most 100; of who is offline also when they were last there, where both let that be
   * seen. Ask when it is shown, and once a minute for what is shown for long. Rejects with a {@link HongyanError}. */
  presence(users: number[]): Promise<UserPresence[]> {
    return this.#backend.presence(users);
  }

  /** What others see of the user's presence. */
  presenceSettings(): Promise<PresenceSettings> {
    return this.#http.presenceSettings();
  }

  /** Changes what others see of the user's presence. Who keeps their last time to themselves does not see that of others;
   * who is invisible is offline to everybody. */
  setPresence(settings: Partial<PresenceSettings>): Promise<PresenceSettings> {
    return this.#http.setPresence(settings);
  }

  /** Changes what the user makes of a conversation: mutes it, pins it, archives it, hides it, marks it as unread. What is not
   * said stays. Shown at once, here and then on all devices of the user; resolves when the server has it, and without a
   * connection as soon as there is one. Rejects with a {@link HongyanError}. For drafts there is {@link setDraft}. */
  async setView(conv: number, change: ViewChange): Promise<void> {
    if (this.#isClosed) throw new HongyanError("closed", "the client is closed");
    await this.#backend.setView(conv, change);
  }

  /** Says that the user is writing in a conversation. Call it at each key: the server hears of it every few seconds. */
  typing(conv: number): void {
    this.#backend.typing(conv);
  }

  /** Who is writing in a conversation now, as far as it is told: in a group while it is {@link watch}ed. */
  typists(conv: number): Writing {
    return this.#replica.typing(conv);
  }

  /** Sets a reaction of one's own to a message (`isOn` false: takes it back): one emoji in its fully qualified form. Where the
   * conversation is watched it is told at once. Resolves when the server has it; without a connection, as soon as there is
   * one. Rejects with a {@link HongyanError}. It is not kept over the end of the program. */
  async react(conv: number, seq: number, value: string, isOn = true): Promise<void> {
    if (this.#isClosed) throw new HongyanError("closed", "the client is closed");
    await this.#backend.react({ conv, seq, value, on: isOn });
  }

  /** How the reactions of messages from one seq to another stand, as far as is known here: those without one are left out,
   * and a recalled message has none, whatever is said here. For what changes, {@link watch} the conversation. */
  reactions(conv: number, range: { from: number; to: number }): Promise<MessageReactions[]> {
    return this.#cache.reactions(conv, range.from, range.to);
  }

  /** Who set this reaction: a page of at most 100, by id. */
  async reactors(conv: number, seq: number, value: string, page: { after?: number; limit?: number } = {}): Promise<UserPage> {
    const found = await this.#http.reactors(conv, seq, value, page);
    this.#backend.profiles(found.users);
    return found;
  }

  /** Makes a group of oneself and these, at most 100. Like every change of a group it is an entry of its
   * log, and it needs a connection: rejects with a {@link HongyanError}. */
  createGroup(name: string, users: readonly number[] = []): Promise<Sent> {
    return this.#groups.create(name, users);
  }

  /** Changes one setting of a group. An empty description or picture is none. */
  setGroup(conv: number, setting: GroupSetting): Promise<Sent> {
    return this.#groups.set(conv, setting);
  }

  /** Ends a group for everybody. Its owner alone may. */
  disband(conv: number): Promise<Sent> {
    return this.#groups.disband(conv);
  }

  /** A page of a group's members, by id. */
  async members(conv: number, page: { after?: number; limit?: number } = {}): Promise<MemberPage> {
    const found = await this.#groups.members(conv, page);
    this.#backend.profiles(found.users);
    return found;
  }

  /** Brings people into a group. */
  addMembers(conv: number, users: readonly number[]): Promise<Sent> {
    return this.#groups.add(conv, users);
  }

  /** Puts a member out of a group. */
  removeMember(conv: number, user: number): Promise<Sent> {
    return this.#groups.remove(conv, user);
  }

  /** Leaves a group. Its owner gives that role to somebody else first. */
  async leave(conv: number): Promise<Sent> {
    const me = this.me;
    if (me === null) throw new HongyanError("unreachable", "nobody has signed in yet", 1000);
    return this.#groups.remove(conv, me.id);
  }

  /** Gives a member another role. Who makes somebody the owner is an admin from then on. */
  setRole(conv: number, user: number, role: Role): Promise<Sent> {
    return this.#groups.setRole(conv, user, role);
  }

  /** Makes a link into a group: whoever has its `token` may come. Asked for again it is another one. */
  makeLink(conv: number, terms: LinkTerms = {}): Promise<Link> {
    return this.#joining.make(conv, terms);
  }

  /** The links of a group: admins see all, others their own. */
  async links(conv: number): Promise<{ links: Link[]; users: UserProfile[] }> {
    return this.#named(await this.#joining.links(conv));
  }

  /** Takes a link away: nobody can come by it any more. */
  revokeLink(conv: number, link: number): Promise<void> {
    return this.#joining.revoke(conv, link);
  }

  /** A page of those who came in by a link, in the order of their coming: those behind the entry `after`. */
  async joiners(conv: number, link: number, page: { after?: number; limit?: number } = {}): Promise<{ joiners: Joiner[]; users: UserProfile[]; more: boolean }> {
    return this.#named(await this.#joining.joiners(conv, link, page));
  }

  /** What is to be seen of a group before one comes in. Rejects with `dead_link` where nobody can come by the link. */
  look(door: Door): Promise<GroupOutside> {
    return this.#joining.look(door);
  }

  /** Comes into a group by a link (`state` is `member`), or asks for that (`waiting`). */
  join(door: Door): Promise<Asked> {
    return this.#joining.join(door);
  }

  /** One's own requests: those that wait, and those that were declined and may not be asked again yet. */
  ownRequests(): Promise<Asked[]> {
    return this.#joining.own();
  }

  /** A page of those who wait to be let into a group, by id. Admins may ask. */
  async joinRequests(conv: number, page: { after?: number; limit?: number } = {}): Promise<{ requests: JoinRequest[]; users: UserProfile[]; more: boolean }> {
    return this.#named(await this.#joining.requests(conv, page));
  }

  /** Lets somebody in who asked. Rejects with `unchanged` where another admin was quicker. */
  approve(conv: number, user: number): Promise<Sent> {
    return this.#joining.approve(conv, user);
  }

  /** Lets somebody not in who asked; with one's own id, asks no more. */
  decline(conv: number, user: number): Promise<void> {
    return this.#joining.decline(conv, user);
  }

  #named<T extends { users: UserProfile[] }>(found: T): T {
    this.#backend.profiles(found.users);
    return found;
  }

  /** Bans people from a group, members or not: nobody brings them in any more. */
  ban(conv: number, users: readonly number[]): Promise<Sent> {
    return this.#groups.ban(conv, users);
  }

  /** Lets somebody be brought in again. */
  unban(conv: number, user: number): Promise<Sent> {
    return this.#groups.unban(conv, user);
  }

  /** A page of those who are banned from a group, by id. */
  async bans(conv: number, page: { after?: number; limit?: number } = {}): Promise<UserPage> {
    const found = await this.#groups.bans(conv, page);
    this.#backend.profiles(found.users);
    return found;
  }

  /** Lets a member of a group read and not write until a time, in ms since the epoch. */
  muteMember(conv: number, user: number, until: number): Promise<Sent> {
    return this.#groups.mute(conv, user, until);
  }

  /** Lets a member write again. */
  unmuteMember(conv: number, user: number): Promise<Sent> {
    return this.#groups.unmute(conv, user);
  }

  /** The members of a group who may not write now. */
  async mutedMembers(conv: number): Promise<Mutes> {
    const found = await this.#groups.mutes(conv);
    this.#backend.profiles(found.users);
    return found;
  }

  /** Pins a message for all members, in a conversation of two as well. A conversation has its `pins`. */
  pin(conv: number, seq: number): Promise<Sent> {
    return this.#groups.pin(conv, seq);
  }

  /** Takes the pin from a message. */
  unpin(conv: number, seq: number): Promise<Sent> {
    return this.#groups.unpin(conv, seq);
  }

  /** What is being written in a conversation or to a person (`conv:1`, `to:1001`, or any key). */
  draft(key: string): Draft {
    return this.#replica.draft(key);
  }

  /** Everything that is being written, by key, also in a conversation that is gone with a history. */
  drafts(): [string, Draft][] {
    return this.#replica.drafts();
  }

  /** Keeps what is being written, a moment later; an empty draft is forgotten. The text, and what it answers, of a draft in a
   * conversation (`conv:1`) is on the user's other devices some seconds after the last change. What a later version keeps with it
   * stays: change a part with `setDraft(key, { ...draft(key), text })`. */
  setDraft(key: string, draft: Draft): void {
    this.#drafts.set(key, draft);
    this.#syncedDrafts.written(key);
  }

  /** Blocks a user: nothing more of them comes in the conversation of the two, and they see nothing of this user there. They
   * are not told. All of this user's devices get a `blocked` event. Rejects with a {@link HongyanError}. */
  block(user: number): Promise<void> {
    return this.#http.setBlock(user, true);
  }

  /** Undoes {@link block}. */
  unblock(user: number): Promise<void> {
    return this.#http.setBlock(user, false);
  }

  /** Whom the user has blocked: a page of at most 200, by id. */
  async blocked(page: { after?: number; limit?: number } = {}): Promise<UserPage> {
    const found = await this.#http.blocked(page);
    this.#backend.profiles(found.users);
    return found;
  }

  /** Messages that mention the user, over all conversations, the newest first: 50, or up to 100. Ask on with the `before` of the
   * page. Those of a conversation that the user has left are not among them. */
  async mentions(page: { before?: string; limit?: number } = {}): Promise<MentionsPage> {
    const found = await this.#http.mentions(page);
    this.#backend.profiles(found.users);
    return found;
  }

  /** The seqs of a conversation's unread messages that mention the user, ascending. Those that are not known here are asked for,
   * and known from then on. Rejects with a {@link HongyanError}. */
  async unreadMentions(conv: number): Promise<number[]> {
    const { mentions = 0, mentioned = [], me } = this.conversation(conv) ?? {};
    if (mentioned.length === mentions) return [...mentioned];
    const found = await this.#mentionsOf(conv, me?.read ?? 0, mentions);
    const all = [...new Set([...mentioned, ...found])].sort((one, other) => one - other);
    await this.#backend.mentions(conv, all);
    return all;
  }

  /** Those that the server has after `read`, once `most` of them are found. */
  async #mentionsOf(conv: number, read: number, most: number): Promise<number[]> {
    const found: number[] = [];
    let before: string | undefined;
    for (let page = 0; page < MENTION_PAGES && found.length < most; page += 1) {
      const { entries, before: next } = await this.mentions({ limit: 100, ...(before === undefined ? {} : { before }) });
      found.push(...entries.filter((entry) => entry.conv === conv && entry.seq > read).map(({ seq }) => seq));
      if (next === undefined) break;
      before = next;
    }
    return found;
  }

  /** A user by login name. */
  async findUser(login: string): Promise<UserProfile | null> {
    const found = await this.users({ login });
    // Which spellings of a login name are one is the server's to say.
    return found[0] ?? null;
  }

  /** Whom the letters that somebody typed find: by name, pinyin, initials and, where the server shows them, login names;
   * the best match first. Answers 20 unless `limit` (up to 50) says otherwise. Rejects with a {@link HongyanError} of the
   * code `aborted` when `signal` aborts, and with `unreachable` without a connection. */
  async searchUsers(typed: string, options: { limit?: number; signal?: AbortSignal } = {}): Promise<FoundUsers> {
    const found = await this.#http.searchUsers(typed, options.limit, options.signal);
    this.#backend.profiles(found.users.map(({ user }) => user));
    return found;
  }

  /** A page of all users, by id. */
  async users(page: { after?: number; limit?: number; login?: string } = {}): Promise<UserProfile[]> {
    const users = await this.#http.users(page);
    this.#backend.profiles(users);
    return users;
  }

  /** One's signed-in devices, the last used first. */
  sessions(): Promise<Session[]> {
    return this.#http.sessions();
  }

  /** Signs another device out. */
  revoke(session: number): Promise<void> {
    return this.#http.closeSession(session);
  }

  /** Changes one's own name, as others see it. */
  async rename(name: string): Promise<UserProfile> {
    const profile = await this.#http.rename(name);
    this.#backend.profiles([profile]);
    return profile;
  }

  /** Changes one's own password. Every other device is signed out. */
  changePassword(current: string, next: string): Promise<void> {
    return this.#http.changePassword(current, next);
  }

  /** Signs out here, stops, and erases what is stored. Rejects, and nothing happens, when the server
   * cannot be reached: the session would live on. */
  async logout(): Promise<void> {
    this.#leaving = this.#signOut();
    await this.#leaving;
  }

  async #signOut(): Promise<void> {
    await this.#http.logout().catch((problem: unknown) => {
      const isOver = problem instanceof HongyanError && problem.code === "unauthenticated";
      if (!isOver) throw problem;
    });
    if (this.#backend instanceof Tabs) this.#backend.sayGone();
    await this.#stop();
    await this.#storage.write(TABLES.map((table) => ({ op: "clear", table })), true);
    await this.#storage.close();
  }

  /** Try now: the network is back, or the user is impatient. */
  wake(): void {
    this.#backend.wake();
  }

  /** The device is on another network. */
  setNetwork(key: string): void {
    this.#backend.setNetwork(key);
  }

  /** Stops. What is in the outbox stays stored for the next client. */
  async close(): Promise<void> {
    // The server ends the connection of who signs out: whoever closes on that must not be before the erasing.
    await this.#leaving?.catch(() => {});
    if (this.#isClosed) return;
    await this.#stop();
    await this.#storage.close();
  }

  async #stop(): Promise<void> {
    this.#isClosed = true;
    this.#stopWatching();
    await this.#drafts.flush();
    this.#syncedDrafts.close();
    await this.#backend.close();
    for (const { reject } of this.#waiting.values()) reject(new HongyanError("closed", "the client is closed"));
    this.#waiting.clear();
  }

  #submit(append: (clientId: string) => Append): Submission {
    if (this.#isClosed) throw new HongyanError("closed", "the client is closed");
    const at = Date.now();
    const clientId = this.#ids.next(at, Math.random);
    const outgoing: Outgoing = { clientId, append: append(clientId), at, state: "waiting" };
    const sent = new Promise<Sent>((resolve, reject) => this.#waiting.set(clientId, { resolve, reject }));
    // Shown at once, whoever sends it.
    this.#replica.apply([["send", { outgoing, state: "waiting" }]]);
    const kept = this.#backend.submit(outgoing);
    // Who does not wait for it reads it in `outgoing`.
    sent.catch(() => {});
    kept.catch(() => {});
    return { clientId, kept, sent };
  }

  #settle(update: SendUpdate): void {
    const { clientId, failure } = update.outgoing;
    const waiting = this.#waiting.get(clientId);
    if (waiting === undefined) return;
    if (update.state === "sent") waiting.resolve(update.sent);
    else if (update.state === "discarded") waiting.reject(new HongyanError("discarded", "the request was discarded"));
    else if (update.state === "failed" && failure !== undefined) {
      waiting.reject(new HongyanError(failure.code, failure.message, failure.retry_after_ms ?? null));
    } else return;
    this.#waiting.delete(clientId);
  }
}

/** Whoever is to own the connection. */
async function backend(options: Settled, storage: OverlayStorage, replica: Replica): Promise<Backend> {
  const start = (tell: (happenings: Happening[]) => void): Promise<Engine> => Engine.start(options, storage, tell);
  if (options.tabs && storage.isShared) {
    const onGone = (): void => {
      replica.apply([["connection", { kind: "stopped", reason: { kind: "signed_out", code: 0 } }]]);
    };
    return new Tabs({ account: options.account, storage, replica, start, onGone });
  }
  const engine = await start((happenings) => replica.apply(happenings));
  replica.apply([["leader", true]]);
  return engine;
}

function stateOf(storage: OverlayStorage): StorageState {
  const { kind, problem, isSilent } = storage;
  return problem === null ? { kind } : { kind, problem, ...(isSilent && { isSilent }) };
}
