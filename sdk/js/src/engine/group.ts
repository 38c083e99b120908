/**
 * What entries make of a group.
 *
 * Promises: pure; the same entries give the same group, whether they come live or in a page. Not here: who the members
 * are and how far they have read (`Row`).
 */
import { LIMITS } from "../wire.gen.ts";
import type { Entry, GroupEvent, GroupView, Role } from "../wire.gen.ts";

/** A group that began with this event, as its member sees it. */
export function begun(name: string, role: Role): GroupView {
  return { name, post: "all", invite: "all", role };
}

/** The group after the event of this entry, as `me` sees it: the same object where nothing changed. */
export function changed(group: GroupView, { from }: Entry, event: GroupEvent, me: number): GroupView {
  switch (event.type) {
    case "renamed":
      return { ...group, name: event.name ?? group.name };
    case "described":
      return without(group, "description", event.description);
    case "pictured":
      return without(group, "avatar", event.avatar);
    case "post_set":
      return { ...group, post: event.post ?? group.post };
    case "invite_set":
      return { ...group, invite: event.invite ?? group.invite };
    case "history_set": {
      const { history: _, history_days: __, ...rest } = group;
      const { history, history_days } = event;
      if (history === undefined || history === "all") return rest;
      return { ...rest, history, ...(history_days === undefined ? {} : { history_days }) };
    }
    case "slow_set": {
      const { slow_s: _, ...rest } = group;
      return event.slow_s === undefined || event.slow_s === 0 ? rest : { ...rest, slow_s: event.slow_s };
    }
    case "keep_days_set": {
      const { keep_days: _, ...rest } = group;
      return event.keep_days === undefined || event.keep_days === 0 ? rest : { ...rest, keep_days: event.keep_days };
    }
    case "keep_entries_set": {
      const { keep_entries: _, ...rest } = group;
      const { keep_entries = 0 } = event;
      return keep_entries === 0 ? rest : { ...rest, keep_entries };
    }
    case "pin_set": {
      const { pin: _, ...rest } = group;
      return event.pin === undefined || event.pin === "admins" ? rest : { ...rest, pin: event.pin };
    }
    case "muted":
      return event.user === me && event.until !== undefined ? { ...group, muted_until: event.until } : group;
    case "unmuted": {
      const { muted_until: _, ...rest } = group;
      return event.user === me ? rest : group;
    }
    case "role":
      if (event.user === me) return { ...group, role: event.role ?? group.role };
      return event.role === "owner" && from === me ? { ...group, role: "admin" } : group;
    case "ask_set": {
      const { ask: _, ...rest } = group;
      return event.ask === true ? { ...rest, ask: true } : rest;
    }
    case "added":
    case "joined":
    case "approved":
      return comers({ from }, event).includes(me) ? { ...group, role: "member" } : group;
    default:
      return group;
  }
}

/** Who comes in with the event. */
export function comers({ from }: Pick<Entry, "from">, event: GroupEvent): readonly number[] {
  switch (event.type) {
    case "created":
      return [from, ...(event.users ?? [])];
    case "added":
      return event.users ?? [];
    case "joined":
      return [from];
    case "approved":
      return event.user === undefined ? [] : [event.user];
    default:
      return [];
  }
}

/** Who goes with the event; null: everybody. */
export function goers({ from }: Entry, event: GroupEvent): readonly number[] | null {
  if (event.type === "disbanded") return null;
  if (event.type === "left") return [from];
  return event.type === "removed" || event.type === "banned" ? (event.users ?? []) : [];
}

/** Whether members of a conversation of this size are told of each other. */
export function isTold(size: number): boolean {
  return size <= LIMITS.MEMBERS_TOLD;
}

function without(group: GroupView, field: "description" | "avatar", text: string | undefined): GroupView {
  const { [field]: _, ...rest } = group;
  return text === undefined || text === "" ? rest : { ...rest, [field]: text };
}
