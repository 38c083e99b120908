/** A conversation of a list, as a page that is no list tells of it. */
import type { ConversationView, Listed } from "../../wire.gen.ts";

/** The same as its member sees it, but for the entries. */
export function viewOf(row: Listed, me: number): ConversationView {
  const { conv, head, unread = 0, mentions, user, read = 0, own_read: ownRead = 0 } = row;
  const own = { read: ownRead, delivered: row.own_delivered ?? ownRead };
  const members = [{ user: me, ...own }];
  if (user !== undefined) members.push({ user, read, delivered: row.delivered ?? read });
  const { floor = 0, view } = row;
  const since = Math.max(floor, view?.cleared ?? 0) + 1;
  return {
    ...{ conv, kind: "direct", head, unread, me: own, size: members.length, members, entries: [] },
    ...(mentions === undefined ? {} : { mentions }),
    ...(since === 1 ? {} : { since }),
    ...(floor === 0 ? {} : { floor }),
    ...(view === undefined ? {} : { view }),
  };
}
