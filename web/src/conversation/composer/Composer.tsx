/**
 * Where messages are written.
 *
 * Owns: the text field, and what its keys mean. Promises: what was typed is never lost: it is a draft
 * until it is in the outbox; Enter is safe for input methods. Not here: what becomes of a message
 * that was sent (`log`).
 */
import { createEffect, createMemo, createSignal, createUniqueId, on, onCleanup, onMount, Show, untrack } from "solid-js";
import type { JSX } from "solid-js";
import { announce } from "../../app/announce.ts";
import type { Place } from "../../model/keys.ts";
import { useModel } from "../../model/model.ts";
import { isolated } from "../../text/bidi.ts";
import { EnterGuard } from "../../text/ime.ts";
import { clock } from "../../ui/countdown.ts";
import { Icon, IconButton } from "../../ui/index.ts";
import type { PlaceView } from "../log/views.ts";
import { w } from "../words.ts";
import { Aim } from "./Aim.tsx";
import { Completions, optionId } from "./Completions.tsx";
import { hasKeyboard } from "./device.ts";
import { createMentioning } from "./mentioning.ts";
import { Mentions } from "./Mentions.tsx";
import { createCompleting, NONE } from "./naming.ts";
import { Hint } from "./Hint.tsx";
import { createSlow } from "./slow.ts";
import { composed, PASTE_UNITS, roomLeft } from "./limits.ts";
import type { Room } from "./limits.ts";
import { saveEdit, sendDraft } from "./submit.ts";
import type { Desk } from "./submit.ts";
import { Tools } from "./Tools.tsx";

export interface ComposerHandle {
  focus(): void;
  /** Says what is wrong, where one looks when writing. */
  complain(problem: string): void;
}

/** After the last letter: then what is written in another tab or on another device shows here. Before that device hears of
 * what is written here, it is over. */
const PAUSE_MS = 2000;

export interface ComposerProps {
  place: Place;
  title: string;
  view: PlaceView;
  /** ↑ in an empty field. */
  onEditLast(): void;
  /** An edit that leaves nothing is a recall. */
  onRecall(seq: number): void;
  ref(handle: ComposerHandle): void;
}

export function Composer(props: ComposerProps): JSX.Element {
  const model = useModel();
  const { composing, log } = untrack(() => props.view);
  const place = untrack(() => props.place);
  const guard = new EnterGuard();
  const problemId = createUniqueId();
  const listId = createUniqueId();
  let field!: HTMLTextAreaElement;
  const [problem, setProblem] = createSignal<string | null>(null);
  const desk: Desk = {
    client: model.client, place, composing, complain: setProblem, recall: (seq) => props.onRecall(seq),
  };

  const replace = ({ start, end }: { start: number; end: number }, by: string): void => {
    field.setSelectionRange(start, end);
    // As if it were typed, so that it can be undone.
    if (document.activeElement === field && document.execCommand("insertText", false, by)) return;
    field.setRangeText(by, start, end, "end");
    onInput(field.value);
  };
  const completing = createCompleting((naming, emoji) => replace(naming, `${emoji} `));
  const mentioning = createMentioning({
    model, place, chosen: () => composing.mentions(),
    replace(mentioned, mention) {
      composing.mention(mention);
      replace(mentioned, `@${mention.name} `);
    },
  });
  // At most one of the two fits what stands before the caret.
  const isNaming = () => completing.matches().length > 0;
  const isMentioning = () => mentioning.options().length > 0;
  const current = () => (isMentioning() ? mentioning.current() : completing.current());
  const look = () => {
    completing.look(field);
    mentioning.look(field);
  };
  const closeOffers = () => {
    completing.close();
    mentioning.close();
  };

  const isEdit = () => composing.aim().kind === "edit";
  const text = () => composing.text();
  const left = createMemo(() => roomLeft(text()));
  const slow = createSlow(() => model.conversation(place), () => (log.atEnd() ? (log.window()?.messages ?? []) : []), () => model.me()?.id ?? 0);
  const isSlow = createMemo(() => slow() > 0);
  // Once: each second would be said over what is read.
  createEffect(() => isSlow() && untrack(() => announce(w.slowSaid(Math.ceil(slow() / 1000)))));
  const slowText = () => (log.outgoing().some(({ append, state }) => append.type === "send" && state !== "failed") ? w.slowWaiting : w.slow)(clock(slow()));
  const isTooLong = () => left()?.isOver === true;
  const canSubmit = createMemo(() => !isTooLong() && (isEdit() || composed(text()) !== ""));

  onMount(() => {
    const focus = () => field.focus();
    props.ref({ focus, complain: setProblem });
    // After the messages stand where they belong: the focus makes the browser lay out the page.
    if (hasKeyboard()) queueMicrotask(() => field.focus({ preventScroll: true }));
    createEffect(on(text, () => fit(field)));
    createEffect(on(() => composing.aim(), (aim) => {
      if (aim.kind === "message" && aim.replyTo === null) return;
      focus();
      if (aim.kind === "edit") field.setSelectionRange(field.value.length, field.value.length);
    }, { defer: true }));
    composing.isTyping = () => document.hasFocus() && document.activeElement === field && performance.now() - typedAt < PAUSE_MS;
  });
  onCleanup(() => (composing.isTyping = () => false));

  let typedAt = Number.NEGATIVE_INFINITY;
  function onInput(next: string): void {
    typedAt = performance.now();
    setProblem(null);
    composing.type(next);
    const conv = model.conversation(place)?.conv;
    if (conv !== undefined && next !== "") model.client.typing(conv);
  }
  function insert(piece: string): void {
    field.focus();
    // As if it were typed, so that it can be undone.
    if (document.execCommand("insertText", false, piece)) return;
    field.setRangeText(piece, field.selectionStart, field.selectionEnd, "end");
    onInput(field.value);
  }
  function beginMention(): void {
    // Right behind a word it would be part of an address.
    insert(/[\p{L}\p{N}]$/u.test(field.value.slice(0, field.selectionStart)) ? " @" : "@");
  }
  function submit(): void {
    closeOffers();
    const conv = model.conversation(place)?.conv;
    if (canSubmit() && isEdit()) {
      if (conv !== undefined) saveEdit(desk, conv);
    } else if (canSubmit()) {
      setProblem(null);
      sendDraft(desk);
      void log.goToEnd();
    }
    field.focus();
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (guard.isComposing(event)) {
      // The Enter that ends a composition is the input method's own, in every order of events.
      if (event.key === "Enter" && !event.isComposing) event.preventDefault();
      return;
    }
    const action = actionOf(event);
    if (action === null) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }
  function actionOf(event: KeyboardEvent): (() => void) | null {
    const isBare = !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
    const completion = isBare ? (mentioning.action(event.key) ?? completing.action(event.key)) : null;
    if (completion !== null) return completion;
    const aim = composing.aim();
    const isPlain = aim.kind === "message" && aim.replyTo === null;
    if (guard.sends(event, hasKeyboard())) return submit;
    if (event.key === "Escape" && !isPlain) return () => composing.reset();
    return event.key === "ArrowUp" && isBare && !isEdit() && field.value === "" ? () => props.onEditLast() : null;
  }
  function onPaste(event: ClipboardEvent): void {
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    // Where a text comes with its picture, as from tables and documents, the text is meant.
    if (pasted === "" && (event.clipboardData?.files.length ?? 0) > 0) {
      event.preventDefault();
      return void setProblem(w.noFiles);
    }
    if (pasted.length + field.value.length <= PASTE_UNITS) return;
    event.preventDefault();
    setProblem(w.pasteTooLong(pasted.length));
  }

  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); submit(); }}>
      {/* Over the messages, so that nothing moves. */}
      <div class="composer-offers">
        <div class="composer-column">
          <Show when={isMentioning()}>
            <Mentions id={listId} options={mentioning.options()} current={mentioning.current()} onPick={mentioning.pick} />
          </Show>
          <Show when={isNaming() && !isMentioning()}>
            <Completions id={listId} matches={completing.matches()} current={completing.current()} onPick={completing.pick} />
          </Show>
        </div>
      </div>
      <div class="composer-frame">
        <div class="composer-column">
          <Aim view={props.view} />
          <div class="composer-box">
            <textarea
              ref={field}
              class="composer-field"
              rows="1"
              dir="auto"
              aria-label={w.write(isolated(props.title))}
              aria-invalid={isTooLong()}
              aria-describedby={problemId}
              placeholder={w.write(isolated(props.title))}
              aria-autocomplete="list"
              aria-controls={isNaming() || isMentioning() ? listId : undefined}
              aria-activedescendant={current() === NONE ? undefined : optionId(listId, current())}
              autocomplete="off"
              enterkeyhint={hasKeyboard() ? "send" : "enter"}
              value={text()}
              onInput={(event) => {
                onInput(event.currentTarget.value);
                if (!event.isComposing) look();
              }}
              onBlur={closeOffers}
              onClick={closeOffers}
              onKeyDown={onKeyDown}
              onPaste={onPaste}
              onCompositionStart={() => guard.compositionStart()}
              onCompositionEnd={(event) => {
                guard.compositionEnd(event.timeStamp);
                look();
              }}
            />
            {/* Before the field for the eye, behind it for the keyboard: from the field one goes back to the messages. */}
            <Tools onInsert={insert} onMention={beginMention} onAttach={() => setProblem(w.noFiles)} />
            <IconButton icon={isEdit() ? "check" : "send"} type="submit" class="composer-send" label={isEdit() ? w.save : w.send} disabled={!canSubmit()} />
          </div>
          <div class="composer-foot">
            <Show when={isSlow()} fallback={<Hint isShown={text() !== ""} />}>
              <p class="composer-slow" aria-hidden="true"><Icon name="clock" />{slowText()}</p>
            </Show>
            <p id={problemId} class="composer-problem" role="status">
              <Show when={problem()} fallback={<RoomLeft room={left()} />}>{(one) => <span class="composer-wrong">{one()}</span>}</Show>
            </p>
          </div>
        </div>
      </div>
    </form>
  );
}

function RoomLeft(props: { room: Room | null }): JSX.Element {
  return (
    <Show when={props.room}>
      {(room) => (
        <span class={room().isOver ? "composer-wrong" : ""}>
          {room().isOver ? w.tooLong(-room().characters) : w.charactersLeft(room().characters)}
        </span>
      )}
    </Show>
  );
}

/** Makes the field as high as its text, up to what the style allows. */
function fit(field: HTMLTextAreaElement): void {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}
