/** What is told of a conversation while it happens, and kept nowhere. */
import { createSignal } from "solid-js";
import type { Client, Present, Writing } from "@hongyan/client";
import { createCells } from "./cells.ts";

export interface Live {
  /** Who is writing in a conversation now; reactive. */
  writing(conv: number): Writing | null;
  /** Which members of the conversation that shows are there; reactive. */
  present(conv: number): Present | null;
  /** By how many others a message was read, as far as the server has said; reactive. */
  readBy(conv: number, seq: number): number | null;
}

/** `on` listens to the client until its owner is gone. */
export function createLive(client: Pick<Client, "readBy">, on: Client["on"]): Live {
  const writing = createCells<number, Writing>();
  on("typing", (now) => writing.set(now.conv, now.users.length + now.others === 0 ? undefined : now));
  const present = createCells<number, Present>();
  on("presence", (now) => present.set(now.conv, now.online === 0 ? undefined : now));
  // Once a second, for some messages on the screen: one signal will do.
  const [told, setTold] = createSignal(undefined, { equals: false });
  on("readBy", () => setTold(undefined));
  const readBy = (conv: number, seq: number): number | null => (told(), client.readBy(conv, seq));
  return { readBy, present: (conv) => present.get(conv) ?? null, writing: (conv) => writing.get(conv) ?? null };
}
