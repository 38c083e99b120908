/**
 * Where messages are written.
 *
 * Owns: the text field, the reply or edit that it is about, sending. Promises: what was typed is
 * never lost: it is a draft until it is in the outbox, and comes back when the outbox refuses it;
 * Enter is safe for input methods. Not here: what becomes of a message that was sent (`log`).
 */
import { createEffect, createMemo, createSignal, on, onMount, Show, untrack } from "solid-js";
import type { JSX } from "solid-js";
import { HongyanError } from "@hongyan/client";
import { composerIs } from "../../app/composer.ts";
import { draftKey } from "../../model/keys.ts";
import type { Place } from "../../model/keys.ts";
import { useModel } from "../../model/model.ts";
import { isolated } from "../../text/bidi.ts";
import { EnterGuard } from "../../text/ime.ts";
import { Icon, IconButton } from "../../ui/index.ts";
import type { PlaceView } from "../log/views.ts";
import { quoted, quoteText } from "../list/Quote.tsx";
import { w } from "../words.ts";
import { hasKeyboard } from "./device.ts";
import { createDraft } from "./drafts.ts";
import { composed, PASTE_UNITS, roomLeft } from "./limits.ts";

export interface ComposerProps {
  place: Place;
  title: string;
  view: PlaceView;
  /** ↑ in an empty field. */
  onEditLast(): void;
  /** An edit that leaves nothing is a recall. */
  onRecall(seq: number): void;
  ref(handle: { focus(): void }): void;
}

export function Composer(props: ComposerProps): JSX.Element {
  const model = useModel();
  const { composing, log } = untrack(() => props.view);
  const place = untrack(() => props.place);
  const guard = new EnterGuard();
  let field!: HTMLTextAreaElement;
  const [draft, setDraft] = createDraft(model.client, draftKey(place), () => document.hasFocus() && document.activeElement === field);
  const [problem, setProblem] = createSignal<string | null>(null);

  const edit = () => {
    const aim = composing.aim();
    return aim.kind === "edit" ? aim : null;
  };
  const text = () => (edit() === null ? draft() : composing.edited());
  const setText = (next: string): void => {
    setProblem(null);
    if (edit() === null) setDraft(next);
    else composing.setEdited(next);
  };
  const left = createMemo(() => roomLeft(text()));
  const isEmpty = createMemo(() => composed(text()) === "");
  const canSend = () => !isEmpty() && (left() ?? 0) >= 0;

  onMount(() => {
    props.ref({ focus: () => field.focus() });
    composerIs(() => field.focus());
    if (hasKeyboard()) field.focus({ preventScroll: true });
    createEffect(on(text, () => fit(field)));
    createEffect(on(composing.inserted, (inserted) => inserted !== null && setDraft(inserted), { defer: true }));
    createEffect(on(composing.aim, (aim) => {
      if (aim.kind === "message" && aim.replyTo === null) return;
      field.focus();
      if (aim.kind === "edit") field.setSelectionRange(field.value.length, field.value.length);
    }, { defer: true }));
  });

  function submit(): void {
    if (edit() !== null) saveEdit();
    else if (canSend()) send();
    field.focus();
  }

  function send(): void {
    const aim = composing.aim();
    const typed = draft();
    const replyTo = aim.kind === "message" ? aim.replyTo : null;
    const submission = model.client.send(place, composed(typed), replyTo === null ? {} : { replyTo });
    setText("");
    composing.reset();
    void log.goToEnd();
    submission.sent.catch(() => {
      // The message says so where it stands.
    });
    submission.kept.catch((error: unknown) => {
      if (draft() === "") setDraft(typed);
      setProblem(error instanceof HongyanError && error.code === "outbox_full" ? w.outboxFull : w.notKept);
    });
  }

  function saveEdit(): void {
    const aim = edit();
    const conv = model.conversation(place)?.conv;
    if (aim === null || conv === undefined || (left() ?? 0) < 0) return;
    const next = composed(composing.edited());
    composing.reset();
    if (next === "") props.onRecall(aim.seq);
    else if (next !== aim.before) {
      const submission = model.client.edit(conv, aim.seq, next);
      submission.sent.catch(() => {
        // The message says so where it stands.
      });
      submission.kept.catch(() => {
        composing.edit(aim.seq, next);
        setProblem(w.notKept);
      });
    }
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (guard.isComposing(event)) {
      // The Enter that ends a composition is the input method's own, in every order of events.
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
      return;
    }
    const aim = composing.aim();
    if (guard.sends(event, hasKeyboard())) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && (aim.kind === "edit" || aim.replyTo !== null)) {
      event.preventDefault();
      event.stopPropagation();
      composing.reset();
    } else if (event.key === "ArrowUp" && field.value === "" && aim.kind === "message" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      props.onEditLast();
    }
  }

  function onPaste(event: ClipboardEvent): void {
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    if (pasted.length + field.value.length <= PASTE_UNITS) return;
    event.preventDefault();
    setProblem(w.pasteTooLong(Math.ceil(pasted.length / 1024)));
  }

  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <div class="composer-column">
        <Show when={edit() !== null}>
          <Aim icon="edit" title={w.editing} text="" onCancel={() => composing.reset()} />
        </Show>
        <Show when={replyOf(props.view)}>
          {(seq) => <ReplyAim view={props.view} seq={seq()} onCancel={() => composing.reset()} />}
        </Show>
        <div class="composer-box">
          <textarea
            ref={field}
            class="composer-field"
            rows="1"
            dir="auto"
            aria-label={w.write(isolated(props.title))}
            aria-invalid={(left() ?? 0) < 0}
            aria-describedby="composer-problem"
            placeholder={w.write(isolated(props.title))}
            autocomplete="off"
            enterkeyhint={hasKeyboard() ? "send" : "enter"}
            value={text()}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
            onCompositionStart={() => guard.compositionStart()}
            onCompositionEnd={(event) => guard.compositionEnd(event.timeStamp)}
          />
          <IconButton icon={edit() === null ? "send" : "check"} type="submit" class="composer-send" label={edit() === null ? w.send : w.save} disabled={!canSend() && edit() === null} />
        </div>
        <p id="composer-problem" class="composer-problem" role="status">
          <Show when={problem()} fallback={<RoomLeft left={left()} />}>{(one) => <span class="composer-wrong">{one()}</span>}</Show>
        </p>
      </div>
    </form>
  );
}

function replyOf(view: PlaceView): number | null {
  const aim = view.composing.aim();
  return aim.kind === "message" ? aim.replyTo : null;
}

function RoomLeft(props: { left: number | null }): JSX.Element {
  return (
    <Show when={props.left !== null}>
      <span class={props.left! < 0 ? "composer-wrong" : ""}>{props.left! < 0 ? w.tooLong(-props.left!) : w.bytesLeft(props.left!)}</span>
    </Show>
  );
}

function ReplyAim(props: { view: PlaceView; seq: number; onCancel(): void }): JSX.Element {
  const model = useModel();
  const entry = createMemo(() => {
    const found = quoted(props.view, props.seq);
    return found.kind === "found" ? found.entry : null;
  });
  const own = () => entry()?.from === model.me()?.id;
  const name = () => (entry() === null ? "…" : own() ? w.you : model.profile(entry()!.from).name);
  const text = () => (entry() === null ? "" : quoteText(entry()!, name(), own()));
  return <Aim icon="reply" title={w.replyingTo(isolated(name()))} text={text()} onCancel={props.onCancel} />;
}

/** What the next message is about, above the field. */
function Aim(props: { icon: "reply" | "edit"; title: string; text: string; onCancel(): void }): JSX.Element {
  return (
    <div class="composer-aim">
      <Icon name={props.icon} />
      <div class="composer-aim-words">
        <bdi class="composer-aim-title">{props.title}</bdi>
        <Show when={props.text !== ""}><span class="composer-aim-text" dir="auto">{props.text}</span></Show>
      </div>
      <IconButton icon="close" label={w.cancel} shortcut="Esc" onClick={() => props.onCancel()} />
    </div>
  );
}

/** Makes the field as high as its text, up to what the style allows. */
function fit(field: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
