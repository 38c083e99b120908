/** Earlier versions muted conversations in this browser alone: what is left of that goes to the server, once. */
import type { Client } from "@hongyan/client";
import { keptSet } from "./kept.ts";
import { placeOf } from "./keys.ts";
import { FOREVER } from "./view.ts";

/** `on` listens to the client until its owner is gone. */
export function bringMutings(client: Client, account: string, on: Client["on"]): void {
  const kept = keptSet(`muted.${account}`);
  on("connection", (state) => {
    if (state.kind !== "online" || !state.caughtUp || !client.isLeader) return;
    for (const key of kept.all()) {
      const place = placeOf(key);
      const conversation = place === null ? null : "conv" in place ? client.conversation(place.conv) : client.direct(place.to);
      if (conversation === null || conversation.left === true) continue;
      client.setView(conversation.conv, { muted_until: FOREVER }).then(() => kept.put(key, false), () => {
        // The next time.
      });
    }
  });
}
