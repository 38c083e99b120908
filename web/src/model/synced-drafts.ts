/**
 * Brings what is being written to the user's other devices, and theirs here.
 *
 * Promises: one write for a pause in the typing, by the tab that owns the connection; what comes back from the server
 * is not sent again; what is written here and was not sent yet is not overwritten. Not here: changes of messages, which
 * stay in this browser; drafts to somebody without a conversation; and those of groups, which the client brings itself: it
 * names conversations by their numbers, while the app names a 1:1 by its person.
 */
import type { Client, Conversation, Draft } from "@hongyan/client";
import { LIMITS } from "@hongyan/client";
import { draftKey, placeOf } from "./keys.ts";
import type { Place } from "./keys.ts";

/** Since the last letter. */
const PAUSE_MS = 3000;
/** A message was sent, or its text removed. */
const EMPTY_MS = 300;

/** What of a draft goes to the server. */
interface Shared {
  text: string;
  replyTo?: number;
}

export type DraftClient = Pick<Client, "direct" | "draft" | "setDraft" | "setView" | "isLeader">;

/** `on` listens to the client until its owner is gone, of which `atEnd` tells. */
export function syncDrafts(client: DraftClient, canonical: (place: Place) => Place, on: Client["on"], atEnd: (stop: () => void) => void): void {
  /** What the server has, by conversation. */
  const known = new Map<number, Shared>();
  const waiting = new Map<number, ReturnType<typeof setTimeout>>();
  atEnd(() => waiting.forEach(clearTimeout));

  on("conversation", (conversation) => {
    const { conv } = conversation;
    const place = canonical({ conv });
    if (!("to" in place)) return;
    const now = ofServer(conversation);
    const before = known.get(conv) ?? { text: "" };
    known.set(conv, now);
    if (same(before, now) || waiting.has(conv)) return;
    const key = draftKey(place);
    const local = client.draft(key);
    if (!same(local, now)) client.setDraft(key, { ...without(local), ...now });
  });
  on("draft", ({ key, ...draft }) => {
    const conv = convOf(key);
    if (conv === null || !client.isLeader) return;
    clearTimeout(waiting.get(conv));
    waiting.delete(conv);
    if (same(draft, known.get(conv) ?? { text: "" })) return;
    const isEmpty = draft.text === "" && draft.replyTo === undefined;
    waiting.set(conv, setTimeout(() => void push(conv, key), isEmpty ? EMPTY_MS : PAUSE_MS));
  });

  function convOf(key: string): number | null {
    const place = placeOf(key);
    return place === null || !("to" in place) ? null : (client.direct(place.to)?.conv ?? null);
  }
  async function push(conv: number, key: string): Promise<void> {
    const { text, replyTo } = client.draft(key);
    try {
      if (new TextEncoder().encode(text).length > LIMITS.DRAFT_BYTES) return;
      known.set(conv, { text, ...(replyTo === undefined ? {} : { replyTo }) });
      await client.setView(conv, { draft: { text, ...(replyTo === undefined ? {} : { reply_to: replyTo }) } });
    } catch {
      // It is kept here; the next letter tries again.
    } finally {
      waiting.delete(conv);
    }
  }
}

function ofServer({ view }: Conversation): Shared {
  const draft = view?.draft;
  return draft === undefined ? { text: "" } : { text: draft.text, ...(draft.reply_to === undefined ? {} : { replyTo: draft.reply_to }) };
}

function same(a: Shared, b: Shared): boolean {
  return a.text === b.text && a.replyTo === b.replyTo;
}

/** All that stays in this browser: those who were chosen to be mentioned are of the text before. */
function without({ text: _, replyTo: __, mentions: ___, ...rest }: Draft): Omit<Draft, "text" | "replyTo"> {
  return rest;
}
