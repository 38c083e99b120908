/**
 * A client of nobody's account: what the gallery shows is made up.
 *
 * Promises: asks no server and keeps nothing. Not here: what it says (`story`).
 */
import type { Client, ConnectionState, Conversation, Draft, Entry, MessageReactions, Outgoing, UserProfile } from "@hongyan/client";

/** All that there is to show. */
export interface Story {
  me: UserProfile;
  people: readonly UserProfile[];
  conversations: readonly Conversation[];
  /** The logs, by conversation. */
  logs: ReadonlyMap<number, readonly Entry[]>;
  outgoing: readonly Outgoing[];
  reactions: ReadonlyMap<number, readonly MessageReactions[]>;
  /** What is being written, by the place's key. */
  drafts: ReadonlyMap<string, Draft>;
}

type Asked =
  | "me" | "connection" | "storage" | "isLeader" | "totalUnread" | "on" | "conversations" | "conversation" | "profile" | "outgoing"
  | "members" | "draft" | "drafts" | "setDraft" | "users" | "findUser" | "cached" | "history" | "read" | "wake" | "send" | "edit" | "recall" | "resend" | "discard" | "watch" | "typing" | "presence" | "reactions" | "react" | "reactors" | "readBy" | "show" | "readers" | "unreadMentions" | "mutedMembers";
type Range = { before?: number; after?: number; limit?: number };

/** What the model and the panes ask of a client; to all that they would have it do it says nothing. */
export function standIn(story: Story, connection: ConnectionState): Client {
  const { me, people, conversations, logs, outgoing, drafts } = story;
  const stretch = (conv: number, { before = Infinity, after = 0, limit = 50 }: Range): Entry[] => {
    const inside = (logs.get(conv) ?? []).filter((entry) => entry.seq < before && entry.seq > after);
    return after > 0 ? inside.slice(0, limit) : inside.slice(-limit);
  };
  const nothing = () => new Promise<never>(() => {});
  const submission = () => ({ clientId: "", kept: nothing(), sent: nothing() });
  const client: Pick<Client, Asked> = {
    me, connection, storage: { kind: "indexeddb" }, isLeader: true, totalUnread: 0,
    on: () => () => {},
    conversations: () => [...conversations],
    conversation: (conv: number) => conversations.find((one) => one.conv === conv) ?? null,
    profile: (user: number) => [me, ...people].find((one) => one.id === user) ?? null,
    outgoing: () => [...outgoing],
    draft: (key: string) => drafts.get(key) ?? { text: "" },
    drafts: () => [],
    setDraft() {},
    users: () => Promise.resolve([...people]),
    findUser: () => Promise.resolve(null),
    cached: (conv: number, range: Range) => Promise.resolve(stretch(conv, range)),
    history: (conv: number, range: Range) =>
      Promise.resolve({ conv, entries: stretch(conv, range), head: logs.get(conv)?.length ?? 0, more: false }),
    members: (conv: number) => {
      const found = (conversations.find((one) => one.conv === conv)?.members ?? []).map(({ user }, at) => ({ user, role: ["owner", "admin"][at] ?? "member" }));
      return Promise.resolve({ members: found, users: [me, ...people], more: false });
    },
    reactions: (conv: number) => Promise.resolve([...(story.reactions.get(conv) ?? [])]),
    react: nothing,
    reactors: () => Promise.resolve({ users: [...people], more: false }),
    readBy: () => null,
    readers: () => Promise.resolve({ users: [...people], more: false }),
    show() {},
    mutedMembers: () => Promise.resolve({ muted: [{ user: 5, until: Number.MAX_SAFE_INTEGER }], users: [...people] }),
    unreadMentions: () => Promise.resolve([]),
    watch() {},
    typing() {},
    presence: (users: number[]) => Promise.resolve(users.map((user) => ({ user, state: user === 2 ? "online" : user === 3 ? "away" : "offline" }))),
    read() {},
    wake() {},
    send: submission,
    edit: submission,
    recall: submission,
    resend: nothing,
    discard: nothing,
  };
  return client as Client;
}
