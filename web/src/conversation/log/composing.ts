/**
 * What the composer of one place is about, beside its draft: a reply, or an edit.
 *
 * Owns: the message that is answered or edited, and what was typed before the edit began. Promises:
 * an edit never overwrites the draft. Not here: the draft, which the client keeps.
 */
import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";

/** A new message, or a change of one's own. */
export type Aim = { kind: "message"; replyTo: number | null } | { kind: "edit"; seq: number; before: string };

/** Recalled texts remembered, for "edit again". */
const MOST_RECALLED = 50;

export class Composing {
  readonly aim: Accessor<Aim>;
  /** The text of the edit that goes on. */
  readonly edited: Accessor<string>;
  readonly setEdited: (text: string) => void;
  /** A text that the draft is to become, set anew for each wish. */
  readonly inserted: Accessor<string | null>;
  readonly insert: (text: string) => void;
  private readonly setAim: (aim: Aim) => void;
  private readonly recalled = new Map<number, string>();

  constructor() {
    [this.aim, this.setAim] = createSignal<Aim>({ kind: "message", replyTo: null });
    [this.edited, this.setEdited] = createSignal("");
    [this.inserted, this.insert] = createSignal<string | null>(null, { equals: false });
  }

  reply(seq: number): void {
    this.setAim({ kind: "message", replyTo: seq });
  }

  edit(seq: number, text: string): void {
    this.setEdited(text);
    this.setAim({ kind: "edit", seq, before: text });
  }

  /** Back to a new message. */
  reset(): void {
    this.setAim({ kind: "message", replyTo: null });
  }

  /** Keeps the text of a message that is being recalled: afterwards nobody has it. */
  rememberRecalled(seq: number, text: string): void {
    this.recalled.set(seq, text);
    for (const oldest of this.recalled.keys()) {
      if (this.recalled.size <= MOST_RECALLED) break;
      this.recalled.delete(oldest);
    }
  }

  /** What a recalled message said, if it was recalled here and not long ago. */
  recalledText(seq: number): string | undefined {
    return this.recalled.get(seq);
  }
}
