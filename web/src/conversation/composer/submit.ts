/**
 * From what was typed to the outbox.
 *
 * Promises: what the outbox could not keep comes back to where it was typed, with the reason. Not
 * here: a message that the server refuses, which says so where it stands in the log.
 */
import { HongyanError, LIMITS } from "@hongyan/client";
import type { Client, Submission } from "@hongyan/client";
import type { Place } from "../../model/keys.ts";
import { ALL } from "../../text/mention.ts";
import type { Composing } from "../log/composing.ts";
import { w } from "../words.ts";
import { composed } from "./limits.ts";
import { mentionsIn } from "./mention.ts";

/** What submitting needs to know and do. */
export interface Desk {
  client: Client;
  place: Place;
  composing: Composing;
  /** Says what went wrong. */
  complain(problem: string): void;
  /** An edit that leaves nothing is a recall. */
  recall(seq: number): void;
}

/** Sends the message that was written. */
export function sendDraft(desk: Desk): void {
  const { composing } = desk;
  const { text, replyTo, mentions: chosen } = composing.waiting();
  const named = mentionsIn(text, chosen, LIMITS.MENTIONS + 1);
  const mentions = named.filter((user) => user !== ALL).slice(0, LIMITS.MENTIONS);
  const submission = desk.client.send(desk.place, composed(text), { mentions, mentionsAll: named.includes(ALL), ...(replyTo !== null && { replyTo }) });
  composing.put("", null, []);
  watch(submission, (problem) => {
    if (composing.waiting().text === "") composing.put(text, replyTo, chosen);
    desk.complain(problem);
  });
}

/** Saves the edit that goes on. */
export function saveEdit(desk: Desk, conv: number): void {
  const { composing } = desk;
  const aim = composing.aim();
  if (aim.kind !== "edit") return;
  const typed = composing.text();
  const next = composed(typed);
  composing.reset();
  if (next === "") desk.recall(aim.seq);
  else if (next !== aim.before) {
    watch(desk.client.edit(conv, aim.seq, next), (problem) => {
      composing.edit(aim.seq, aim.before, typed);
      desk.complain(problem);
    });
  }
}

function watch(submission: Submission, onLost: (problem: string) => void): void {
  submission.sent.catch(() => {
    // The message says so where it stands.
  });
  submission.kept.catch((problem: unknown) => {
    onLost(problem instanceof HongyanError && problem.code === "outbox_full" ? w.outboxFull : w.notKept);
  });
}
