/**
 * The unsent text of a place.
 *
 * Promises: what is typed is given to the client at once, and once more when the page goes away; what
 * another tab types shows here, unless somebody types here too.
 */
import { createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client } from "@hongyan/client";

export function createDraft(client: Client, key: string, isTyping: () => boolean): [Accessor<string>, (text: string) => void] {
  const [text, setText] = createSignal(client.draft(key));
  const flush = () => client.setDraft(key, text());
  window.addEventListener("pagehide", flush);
  onCleanup(() => window.removeEventListener("pagehide", flush));
  onCleanup(client.on("draft", (draft) => {
    if (draft.key === key && !isTyping()) setText(draft.text);
  }));
  return [text, (next) => {
    setText(next);
    client.setDraft(key, next);
  }];
}
