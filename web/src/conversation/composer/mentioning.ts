/**
 * Completes the name of somebody who is being mentioned.
 *
 * Owns: whom the letters behind an at sign find, and which one is chosen. Promises: who is in the conversation comes
 * first; the first is chosen by itself only behind letters without a space, so that an at sign alone, or words behind a
 * name, go out as they were typed; nothing is offered again where it was closed. Not here: the finding (`list/find`).
 */
import { createMemo, createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { DraftMention } from "@hongyan/client";
import { isAdmin } from "../../group/closed.ts";
import { candidates, ofPerson } from "../../list/candidates.ts";
import type { Candidate } from "../../list/candidates.ts";
import { find } from "../../list/find.ts";
import type { Place } from "../../model/keys.ts";
import type { Model } from "../../model/model.ts";
import { ALL, ALL_NAMES } from "../../text/mention.ts";
import { w } from "../words.ts";
import { mentionAt } from "./mention.ts";
import type { Mentioned } from "./mention.ts";
import { NONE } from "./naming.ts";

/** Shown at a time. */
const SHOWN = 6;

export interface Mentioning {
  options: Accessor<readonly Candidate[]>;
  /** The one that is chosen; {@link NONE}: keys mean what they always do. */
  current: Accessor<number>;
  /** Looks at the field again. */
  look(field: HTMLTextAreaElement): void;
  close(): void;
  /** What a key does while somebody is offered; null when it does nothing here. */
  action(key: string): (() => void) | null;
  pick(option: Candidate): void;
}

export interface MentioningParts {
  model: Model;
  place: Place;
  /** Those chosen before. */
  chosen(): readonly DraftMention[];
  /** Puts a name in place of what was typed. */
  replace(mentioned: Mentioned, mention: DraftMention): void;
}

/** Call it where there is an owner. */
export function createMentioning({ model, place, chosen, replace }: MentioningParts): Mentioning {
  const [mentioned, setMentioned] = createSignal<Mentioned | null>(null);
  // By its key, so that it stays when the server finds others.
  const [picked, setPicked] = createSignal<string | null>(null);
  /** Where it was closed. */
  let closedAt = NONE;

  const known = createMemo(() => (mentioned() === null ? [] : everybody(model, place)));
  const found = find(model, () => mentioned()?.query ?? "", known);
  const options = createMemo(() => (mentioned() === null ? [] : found.options().filter((one) => isSomebody(model, one)).slice(0, SHOWN)));
  const current = () => {
    const at = options().findIndex((one) => one.key === picked());
    if (at >= 0) return at;
    const query = mentioned()?.query ?? "";
    return options().length > 0 && query !== "" && !query.includes(" ") ? 0 : NONE;
  };

  function look({ value, selectionStart, selectionEnd }: HTMLTextAreaElement): void {
    const now = selectionStart === selectionEnd ? mentionAt(value, selectionStart, chosen()) : null;
    if (now?.start !== closedAt) closedAt = NONE;
    setPicked(null);
    setMentioned(now === null || now.start === closedAt ? null : now);
  }
  function close(): void {
    closedAt = mentioned()?.start ?? closedAt;
    setMentioned(null);
  }
  function pick(option: Candidate): void {
    const at = mentioned();
    setMentioned(null);
    if (at === null || !("to" in option.place)) return;
    const user = option.place.to;
    replace(at, { user, name: user === ALL ? w.allName : model.profile(user).name });
  }
  function move(by: number): void {
    const count = options().length;
    const from = current() === NONE && by < 0 ? 0 : current();
    setPicked(options()[(from + by + count) % count]?.key ?? null);
  }
  function action(key: string): (() => void) | null {
    if (options().length === 0) return null;
    const option = options()[current()];
    switch (key) {
      case "ArrowDown":
        return () => move(1);
      case "ArrowUp":
        return () => move(-1);
      case "Enter":
      case "Tab":
        return option === undefined ? null : () => pick(option);
      case "Escape":
        return close;
      default:
        return null;
    }
  }
  return { options, current, look, close, action, pick };
}

/** Who can be mentioned and is known here, those of the conversation first. */
function everybody(model: Model, place: Place): Candidate[] {
  const members = model.others(place).map((person) => ofPerson(model, person));
  const keys = new Set(members.map((one) => one.key));
  return [...members, ...all(model, place), ...candidates(model).filter((one) => !keys.has(one.key))].filter((one) => isSomebody(model, one));
}

/** All members of a group, for its admins. */
function all(model: Model, place: Place): Candidate[] {
  const conversation = model.conversation(place);
  if (conversation?.kind !== "group" || !isAdmin(conversation.group?.role)) return [];
  const detail = w.members(conversation.size);
  return [{ key: "all", place: { to: ALL }, id: conversation.conv, title: w.allName, detail, names: ALL_NAMES, marks: [], unread: 0 }];
}

function isSomebody(model: Model, { place }: Candidate): boolean {
  return "to" in place && place.to !== model.me()?.id;
}
