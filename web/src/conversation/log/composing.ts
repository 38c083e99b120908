/**
 * What is being written at one place: a message, perhaps one that answers another, or the change of one.
 *
 * Owns: the parts of the place's draft, for components to read. Promises: each change is the client's to keep at once,
 * so that it survives a reload and shows in other tabs; an edit never overwrites the message that waits beside it, nor
 * another edit: one that is left for something else goes on when its message is edited again.
 */
import { batch, createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { Client, Draft, DraftEdit, DraftMention } from "@hongyan/client";

/** A new message, or a change of one's own. */
export type Aim = { kind: "message"; replyTo: number | null } | { kind: "edit"; seq: number; before: string };

/** Edits kept that were left for something else. */
const MOST_ASIDE = 20;

/** Recalled texts remembered, for "edit again". */
const MOST_RECALLED = 50;

export class Composing {
  /** Whether somebody types here: what another tab changes meanwhile is not put under their hands. */
  isTyping: () => boolean = () => false;
  private readonly client: Pick<Client, "draft" | "setDraft">;
  private readonly key: string;
  private readonly message: Accessor<string>;
  private readonly setMessage: (text: string) => void;
  private readonly replyTo: Accessor<number | null>;
  private readonly setReplyTo: (seq: number | null) => void;
  private readonly editing: Accessor<{ seq: number; before: string } | null>;
  private readonly setEditing: (edit: { seq: number; before: string } | null) => void;
  private readonly edited: Accessor<string>;
  private readonly setEdited: (text: string) => void;
  /** Edits left for something else, the last left at the end. */
  private readonly aside: Accessor<readonly DraftEdit[]>;
  private readonly setAside: (edits: readonly DraftEdit[]) => void;
  /** Who was chosen to be mentioned in the message, whether the text still names them or not. */
  readonly mentions: Accessor<readonly DraftMention[]>;
  private readonly setMentions: (mentions: readonly DraftMention[]) => void;
  private readonly recalled = new Map<number, string>();

  constructor(client: Pick<Client, "draft" | "setDraft">, key: string) {
    this.client = client;
    this.key = key;
    [this.message, this.setMessage] = createSignal("");
    [this.replyTo, this.setReplyTo] = createSignal<number | null>(null);
    [this.editing, this.setEditing] = createSignal<{ seq: number; before: string } | null>(null, { equals: sameEdit });
    [this.edited, this.setEdited] = createSignal("");
    [this.aside, this.setAside] = createSignal<readonly DraftEdit[]>([]);
    [this.mentions, this.setMentions] = createSignal<readonly DraftMention[]>([]);
    this.show(client.draft(key));
  }

  /** Reactive. */
  aim(): Aim {
    const edit = this.editing();
    return edit === null ? { kind: "message", replyTo: this.replyTo() } : { kind: "edit", ...edit };
  }

  /** What stands in the field: the edit's text as long as one goes on. Reactive. */
  text(): string {
    return this.editing() === null ? this.message() : this.edited();
  }

  /** It is typed into the field. */
  type(text: string): void {
    this.change(() => (this.editing() === null ? this.setMessage(text) : this.setEdited(text)));
  }

  reply(seq: number): void {
    this.change(() => {
      this.leaveEdit();
      this.setReplyTo(seq);
    });
  }

  /** Begins to change a message that says `before`, or goes on with it: with `text`, else with what was written of it
   * already. */
  edit(seq: number, before: string, text?: string): void {
    if (this.editing()?.seq === seq && text === undefined) return;
    this.change(() => {
      const kept = this.aside().find((one) => one.seq === seq);
      this.leaveEdit();
      this.setAside(this.aside().filter((one) => one.seq !== seq));
      this.setEdited(text ?? kept?.text ?? before);
      this.setEditing({ seq, before });
    });
  }

  /** Whether a change of this message was begun and left for something else. Reactive. */
  isLeft(seq: number): boolean {
    return this.aside().some((one) => one.seq === seq);
  }

  /** Back from an edit to the message beside it; else from an answer to a message of its own. */
  reset(): void {
    this.change(() => (this.editing() === null ? this.setReplyTo(null) : this.setEditing(null)));
  }

  /** The message, whatever is being edited. */
  waiting(): { text: string; replyTo: number | null; mentions: readonly DraftMention[] } {
    return { text: this.message(), replyTo: this.replyTo(), mentions: this.mentions() };
  }

  /** Somebody was chosen to be mentioned. An edit mentions nobody anew. */
  mention(mention: DraftMention): void {
    if (this.editing() !== null) return;
    this.change(() => this.setMentions([...this.mentions().filter(({ user }) => user !== mention.user), mention]));
  }

  /** Goes from an edit to the message beside it, and keeps what was written of it. */
  setEditAside(): void {
    if (this.editing() !== null) this.change(() => this.leaveEdit());
  }

  /** Sets the message, whatever is being edited. */
  put(text: string, replyTo: number | null = this.replyTo(), mentions: readonly DraftMention[] = this.mentions()): void {
    this.change(() => {
      this.setMessage(text);
      this.setReplyTo(replyTo);
      this.setMentions(mentions);
    });
  }

  /** The draft changed, here or in another tab. */
  changed(draft: Draft): void {
    if (!this.isTyping()) this.show(draft);
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

  private leaveEdit(): void {
    const edit = this.editing();
    this.setEditing(null);
    // What changes nothing is nothing to keep.
    if (edit === null || this.edited() === edit.before || this.edited().trim() === "") return;
    const others = this.aside().filter((one) => one.seq !== edit.seq);
    this.setAside([...others, { ...edit, text: this.edited() }].slice(-MOST_ASIDE));
  }

  private show({ text, replyTo, edit, aside, mentions }: Draft): void {
    batch(() => {
      this.setMentions(mentions ?? []);
      this.setAside(aside ?? []);
      this.setMessage(text);
      this.setReplyTo(replyTo ?? null);
      if (edit !== undefined) this.setEdited(edit.text);
      this.setEditing(edit === undefined ? null : { seq: edit.seq, before: edit.before });
    });
  }

  private change(how: () => void): void {
    batch(how);
    const { replyTo: _, edit: __, aside: ___, mentions: ____, ...rest } = this.client.draft(this.key);
    const [replyTo, edit, aside] = [this.replyTo(), this.editing(), this.aside()];
    const mentions = this.message() === "" ? [] : this.mentions();
    this.client.setDraft(this.key, {
      ...rest,
      text: this.message(),
      ...(replyTo !== null && { replyTo }),
      ...(edit !== null && { edit: { ...edit, text: this.edited() } }),
      ...(aside.length > 0 && { aside: [...aside] }),
      ...(mentions.length > 0 && { mentions: [...mentions] }),
    });
  }
}

function sameEdit(a: { seq: number; before: string } | null, b: { seq: number; before: string } | null): boolean {
  return a === b || (a?.seq === b?.seq && a?.before === b?.before);
}
