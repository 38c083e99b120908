/**
 * The members of a group, page by page, as they come and go.
 *
 * Promises: what entries say of who comes and goes is taken in at once; a page that was asked for before is not older
 * than that for long: entries are asked about again.
 */
import { createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import type { Entry, GroupMember, Role } from "@hongyan/client";
import type { Model } from "../model/model.ts";

const PAGE = 100;

export interface Members {
  all: Accessor<readonly GroupMember[]>;
  isLoading: Accessor<boolean>;
  problem: Accessor<unknown>;
  /** Asks for the next page, unless there is none. */
  more(): Promise<void>;
  /** Asks for all that is missing. */
  rest(): Promise<void>;
}

/** Call it where there is an owner. */
export function createMembers(model: Model, conv: number): Members {
  const [all, setAll] = createSignal<readonly GroupMember[]>([]);
  const [isLoading, setLoading] = createSignal(false);
  const [problem, setProblem] = createSignal<unknown>(null);
  let after = 0;
  let isWhole = false;
  let isGone = false;
  /** Changes since the page that is waited for was asked for. */
  let since: Entry[] = [];
  onCleanup(() => (isGone = true));
  onCleanup(model.client.on("entry", (entry) => {
    if (entry.conv !== conv || entry.kind !== "event") return;
    if (isLoading()) since.push(entry);
    setAll(withChange(all(), entry));
  }));

  async function more(): Promise<void> {
    if (isLoading() || isWhole || isGone) return;
    setLoading(true);
    since = [];
    try {
      const page = await model.client.members(conv, { after, limit: PAGE });
      model.learn(page.users);
      after = page.members.at(-1)?.user ?? after;
      isWhole = !page.more;
      const read = new Map([...all(), ...page.members].map((member) => [member.user, member]));
      setAll(since.reduce(withChange, [...read.values()]));
      setProblem(null);
    } catch (error) {
      setProblem(() => error);
    } finally {
      setLoading(false);
    }
  }
  async function rest(): Promise<void> {
    while (!isWhole && !isGone && problem() === null) {
      if (isLoading()) return;
      await more();
    }
  }
  void more();
  return { all, isLoading, problem, more, rest };
}

/** The members after a change. */
export function withChange(members: readonly GroupMember[], { from, event }: Entry): readonly GroupMember[] {
  switch (event?.type) {
    case "added": {
      const there = new Set(members.map(({ user }) => user));
      return [...members, ...(event.users ?? []).filter((user) => !there.has(user)).map((user) => ({ user, role: "member" }))];
    }
    case "removed":
    case "banned":
      return members.filter(({ user }) => event.users?.includes(user) !== true);
    case "left":
      return members.filter(({ user }) => user !== from);
    case "role":
      return members.map((member) => ({ ...member, role: roleAfter(member, from, event.user, event.role) }));
    default:
      return members;
  }
}

function roleAfter(member: GroupMember, from: number, user: number | undefined, role: Role = "member"): Role {
  if (member.user === user) return role;
  return role === "owner" && member.user === from ? "admin" : member.role;
}

const RANKS: Record<string, number> = { owner: 0, admin: 1 };
// Made once: of ten thousand names each is compared a dozen times.
const collator = new Intl.Collator();

/** The owner, the admins, and the others, each by name. */
export function inOrder(members: readonly GroupMember[], name: (user: number) => string): GroupMember[] {
  const named = members.map((member) => ({ member, rank: RANKS[member.role] ?? 2, name: name(member.user) }));
  named.sort((a, b) => a.rank - b.rank || collator.compare(a.name, b.name) || a.member.user - b.member.user);
  return named.map(({ member }) => member);
}
