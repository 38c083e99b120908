/** Which members of a group may not write, for its admins, as entries change that. */
import { createSignal, onCleanup } from "solid-js";
import type { Entry } from "@hongyan/client";
import type { Model } from "../model/model.ts";

export interface Mutes {
  /** Until when a member may not write, in ms since the epoch; 0: they may. Reactive. */
  until(user: number): number;
}

/** Call it where there is an owner. */
export function createMutes(model: Model, conv: number): Mutes {
  const [muted, setMuted] = createSignal<ReadonlyMap<number, number>>(new Map());
  let since: Entry[] = [];
  onCleanup(model.client.on("entry", (entry) => {
    if (entry.conv !== conv || entry.kind !== "event") return;
    since.push(entry);
    setMuted(afterChange(muted(), entry));
  }));
  // Who may not ask does not see it.
  model.client.mutedMembers(conv).then(
    (found) => setMuted(since.reduce(afterChange, new Map(found.muted.map(({ user, until }) => [user, until])))),
    () => {},
  ).finally(() => (since = []));
  return { until: (user) => (muted().get(user) ?? 0) > model.now() ? muted().get(user)! : 0 };
}

/** Who is muted after a change. */
export function afterChange(muted: ReadonlyMap<number, number>, { event }: Entry): ReadonlyMap<number, number> {
  const user = event?.user;
  if (user === undefined || (event?.type !== "muted" && event?.type !== "unmuted")) return muted;
  const after = new Map(muted);
  if (event.type === "muted") after.set(user, event.until ?? 0);
  else after.delete(user);
  return after;
}
