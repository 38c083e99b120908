import { expect, test } from "vitest";
import type { Client, ClientEvents, Conversation, Entry } from "@hongyan/client";
import type { Model } from "../../model/model.ts";
import { ME, message, messages, MadeUp } from "./testing.ts";
import { viewsOf } from "./views.ts";

/** The SDK's handle, as far as views read it, over a log made up. */
class FakeClient {
  readonly listeners = new Map<string, Set<(event: never) => void>>();
  source: MadeUp;

  constructor(log: Entry[]) {
    this.source = new MadeUp(log);
  }
  on(name: string, listener: (event: never) => void): () => void {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all.add(listener));
    return () => all.delete(listener);
  }
  tell<K extends keyof ClientEvents>(name: K, event: ClientEvents[K]): void {
    for (const listener of [...(this.listeners.get(name) ?? [])]) (listener as (event: ClientEvents[K]) => void)(event);
  }
  outgoing = () => [];
  reactions = () => Promise.resolve([]);
  draft = () => ({ text: "" });
  cached: MadeUp["cached"] = (conv, range) => this.source.cached(conv, range);
  history: MadeUp["history"] = (conv, range) => this.source.history(conv, range);
}

/** What the app makes of a client, once at first and once more with each history. */
function modelOf(client: FakeClient): Model {
  const facts: Conversation = client.source.facts();
  return { client: client as unknown as Client, conversation: () => facts, me: () => ({ id: ME, login: "me", name: "Me" }) } as unknown as Model;
}

const texts = (window: { messages: readonly Entry[] } | null) => window?.messages.map(({ body }) => body?.text);

test("in another history nothing of a view of the one before is shown", async () => {
  const client = new FakeClient(messages(1, 3));
  client.source.read = 3;
  const old = viewsOf(modelOf(client)).show({ conv: 1 });
  await old.log.open();
  expect(texts(old.log.window())).toEqual(["m1", "m2", "m3"]);

  client.source = new MadeUp([message(1), message(2, { id: 1001, client_id: "other", body: { type: "text", text: "in its place" } })]);
  client.source.read = 2;
  client.tell("reset", null);
  const view = viewsOf(modelOf(client)).show({ conv: 1 });
  await view.log.open();
  expect(texts(view.log.window())).toEqual(["m1", "in its place"]);
  // The views of the one before hear no more.
  expect([...client.listeners.get("entry")!]).toHaveLength(1);
});
