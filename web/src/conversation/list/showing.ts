/**
 * Says which of one's own messages are on the screen, so that the server tells by how many they were read.
 *
 * Promises: once the list rests; only in groups that do not tell their members. Not here: how often the server is asked (the
 * client).
 */
import { onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client, Conversation } from "@hongyan/client";

/** The list moved and has rested for this long, in ms. */
const REST_MS = 150;

/** What looks again: call it whenever the list has moved. `inSight`: one's own messages. */
export function createShowing(client: Pick<Client, "show">, conversation: Accessor<Conversation | null>, inSight: () => readonly number[]): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let said = "";
  function say(): void {
    timer = undefined;
    const now = conversation();
    if (now === null || now.kind === "direct" || now.members !== undefined || now.left === true) return;
    const seqs = inSight();
    if (seqs.join() === said) return;
    said = seqs.join();
    client.show(now.conv, seqs);
  }
  onCleanup(() => clearTimeout(timer));
  return () => (timer ??= setTimeout(say, REST_MS));
}
