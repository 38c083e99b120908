/** What a change of a group was, in a sentence. Pure but for the language. */
import type { Entry } from "@hongyan/client";
import type { Model } from "../model/model.ts";
import { isolated } from "../text/bidi.ts";
import { w } from "./words.ts";

/** Named one by one; the others are counted. */
const NAMED = 3;

/** Who is who, for a sentence. */
export interface Names {
  me: number;
  of(user: number): string;
}

export function namesIn(model: Model): Names {
  return { me: model.me()?.id ?? 0, of: (user) => model.shownName(model.profile(user)) };
}

/** The sentence for an entry of kind `event`. */
export function eventText(entry: Entry, names: Names): string {
  const event = entry.event ?? { type: "" };
  const who = entry.from === names.me ? w.you : isolated(names.of(entry.from));
  const other = (): string => list([event.user ?? 0], names);
  const others = (): string => list(event.users ?? [], names);
  switch (event.type) {
    case "created": {
      const name = isolated(event.name ?? "");
      return (event.users ?? []).length === 0 ? w.created(who, name) : w.createdWith(who, name, others());
    }
    case "added":
      return w.added(who, others());
    case "removed":
      return w.removed(who, others());
    case "left":
      return w.left(who);
    case "role":
      if (event.role === "owner") return w.madeOwner(who, other());
      return event.role === "admin" ? w.madeAdmin(who, other()) : w.madeMember(who, other());
    case "renamed":
      return w.renamed(who, isolated(event.name ?? ""));
    case "described":
      return event.description === "" ? w.undescribed(who) : w.described(who);
    case "pictured":
      return w.pictured(who);
    case "post_set":
      return event.post === "all" ? w.postAll(who) : w.postAdmins(who);
    case "invite_set":
      return event.invite === "all" ? w.inviteAll(who) : w.inviteAdmins(who);
    case "history_set":
      if (event.history === "joining") return w.historyJoining(who);
      return event.history === "days" ? w.historyDays(who, event.history_days ?? 1) : w.historyAll(who);
    case "keep_days_set":
      return (event.keep_days ?? 0) === 0 ? w.keepAnyAge(who) : w.keepDays(who, event.keep_days!);
    case "keep_entries_set":
      return (event.keep_entries ?? 0) === 0 ? w.keepAnyNumber(who) : w.keepEntries(who, event.keep_entries!);
    case "slow_set":
      return (event.slow_s ?? 0) === 0 ? w.slowOff(who) : w.slowOn(who, event.slow_s!);
    case "pin_set":
      return event.pin === "all" ? w.pinAll(who) : w.pinAdmins(who);
    case "banned":
      return w.banned(who, others());
    case "unbanned":
      return w.unbanned(who, others());
    case "muted":
      return w.mutedMember(who, other());
    case "unmuted":
      return w.unmutedMember(who, other());
    case "pinned":
      return w.pinnedMessage(who);
    case "unpinned":
      return w.unpinnedMessage(who);
    case "disbanded":
      return w.disbanded(who);
    default:
      return w.changed(who);
  }
}

function list(users: readonly number[], names: Names): string {
  // Of those who are counted no name is asked for: they may be a hundred.
  const isFew = users.length <= NAMED + 1;
  const said = (isFew ? users : users.slice(0, NAMED)).map((user) => (user === names.me ? w.youToo : isolated(names.of(user))));
  return isFew ? w.all(said) : w.andOthers(said, users.length - NAMED);
}
