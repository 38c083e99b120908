/**
 * Whether somebody is there who is looked at, and since when not.
 *
 * Promises: asks when somebody begins to look, and once a minute while they do. Not here: members of the conversation that
 * shows, of whom the server tells by itself.
 */
import { createEffect, createSignal, on, untrack } from "solid-js";
import type { Accessor } from "solid-js";
import type { UserPresence } from "@hongyan/client";
import type { Model } from "../model/model.ts";

/** Null: not known. Call it where there is an owner. */
export function askPresence(model: Model, user: Accessor<number | null>, isWanted: Accessor<boolean>): Accessor<UserPresence | null> {
  const [found, setFound] = createSignal<UserPresence | null>(null);
  createEffect(on([user, isWanted, model.now, () => model.connection().kind], ([whom, wanted, , state]) => {
    if (whom === null || !wanted || state !== "online") return;
    model.client.presence([whom]).then(
      ([one]) => untrack(user) === whom && setFound(one ?? null),
      () => setFound(null),
    );
  }));
  return () => (found()?.user === user() ? found() : null);
}
