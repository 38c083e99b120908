/**
 * One message.
 *
 * Owns: how it is drawn, its toolbar, and what opens its menu. Promises: one sentence says it all to
 * a screen reader; whatever the text, the layout holds; the toolbar stays from a press to its click, and as long as
 * the keyboard is in the message. Not here: what the actions do (`actions`).
 *
 * Dozens are made and removed when another conversation is opened, and most of them are plain: what a message
 * may have beside its text stands behind `&&`, which takes half of what a `Show` takes.
 */
import { createMemo, createSignal, For, Show } from "solid-js";
import type { Accessor, JSX } from "solid-js";
import type { Conversation, Reaction } from "@hongyan/client";
import { showAbout } from "../../app/about.ts";
import { formatFull, formatTime } from "../../i18n/index.ts";
import { useModel } from "../../model/model.ts";
import { MessageText } from "../../text/MessageText.tsx";
import { Avatar, Icon, IconButton, openMenu } from "../../ui/index.ts";
import type { MenuOptions } from "../../ui/index.ts";
import { reasonOf } from "../failure.ts";
import type { MessageRow } from "../log/rows.ts";
import type { PlaceView } from "../log/views.ts";
import { standingOf } from "../log/standing.ts";
import type { Standing } from "../log/standing.ts";
import type { Selection } from "../selection.ts";
import { w } from "../words.ts";
import { actionsFor, canEdit, isReactable, isSaying, quickFor } from "./actions.ts";
import type { MessageActions } from "./actions.ts";
import { changeText, describe, recalledText, standingText } from "./describe.ts";
import { onTouch } from "./press.ts";
import { Origin } from "./Origin.tsx";
import { Mention, namedIn } from "./Mention.tsx";
import { ReactionBar } from "./ReactionBar.tsx";
import { Quote } from "./Quote.tsx";
import { StandingIcon } from "./StandingIcon.tsx";

const NO_REACTIONS: readonly Reaction[] = [];

export interface MessageItemProps {
  row: MessageRow;
  view: PlaceView;
  conversation: Accessor<Conversation | null>;
  isGroup: boolean;
  isActive: boolean;
  isHighlit: boolean;
  selection: Selection;
  actions: MessageActions;
  onJump(seq: number): void;
  onFocus(): void;
}

export function MessageItem(props: MessageItemProps): JSX.Element {
  const model = useModel();
  const row = () => props.row;
  const name = () => model.shownName(model.profile(row().from));
  const standing = createMemo(() => standingOf(row(), props.conversation(), model.readBy), undefined, {
    equals: (a, b) => a?.kind === b?.kind && (a?.kind !== "read" || b?.kind !== "read" || standingText(a) === standingText(b)),
  });
  const reactions = createMemo(() => (row().seq === null || row().recalled ? NO_REACTIONS : props.view.reactions.of(row().seq!)));
  const isOneOfMany = () => props.isGroup && !row().own;
  // The pointer is over it; the keyboard is in it.
  const [isOver, setOver] = createSignal(false);
  const [isWithin, setWithin] = createSignal(false);
  let article!: HTMLElement;

  // Whatever of a message is pressed then means the message.
  const isSelecting = () => props.selection.isOn();
  const isSelected = () => isSelecting() && row().seq !== null && props.selection.has(row().seq!);
  const select = (event: Event): void => {
    if (!isSelecting()) return;
    event.preventDefault();
    event.stopPropagation();
    if (isSaying(row())) props.actions.select(row());
  };
  const openActions = (anchor: HTMLElement | { x: number; y: number }): void => {
    if (isSelecting()) return;
    const at = anchor instanceof HTMLElement ? belowOf(anchor) : anchor;
    openAll(row(), props.actions, reactions(), anchor, at);
  };
  const onContextMenu = (event: MouseEvent): void => {
    // Where text is selected or a link is under the pointer, the browser's own menu has more to offer.
    if (!getSelection()?.isCollapsed || (event.target as Element).closest("a, pre") !== null) return;
    event.preventDefault();
    const fromKeyboard = event.clientX === 0 && event.clientY === 0;
    openActions(fromKeyboard ? article : { x: event.clientX, y: event.clientY });
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== article || event.altKey || event.ctrlKey || event.metaKey) return;
    if (isSelecting() && (event.key === " " || event.key === "Enter")) return select(event);
    if (event.key !== "Enter") return;
    event.preventDefault();
    openActions(article.querySelector<HTMLElement>(".message-bubble") ?? article);
  };

  return (
    <article
      ref={(element) => {
        article = element;
        onTouch(element, openActions);
        element.addEventListener("click", select, true);
      }}
      class="message"
      classList={{
        "message-own": row().own, "message-other": !row().own, "message-begins": row().begins, "message-ends": row().ends,
        "message-highlit": props.isHighlit, "message-failed": row().local === "failed", "message-selected": isSelected(),
      }}
      data-key={row().key}
      data-seq={row().seq ?? undefined}
      aria-label={describe(row(), name(), standing(), reactions(), isSelected())}
      tabindex={props.isActive ? 0 : -1}
      onFocusIn={(event) => {
        if (event.target.matches(":focus-visible")) setWithin(true);
        props.onFocus();
      }}
      onFocusOut={(event) => setWithin(isWithin() && article.contains(event.relatedTarget as Node | null))}
      onPointerEnter={(event) => event.pointerType === "mouse" && setOver(true)}
      onPointerLeave={() => setOver(false)}
      onContextMenu={onContextMenu}
      onKeyDown={onKeyDown}
    >
      {isSelecting() && <span class="message-check" aria-hidden="true">{isSaying(row()) && <Icon name={isSelected() ? "check" : "circle"} />}</span>}
      {isOneOfMany() && (
        <span class="message-avatar">
          {row().begins && (
            <button type="button" class="message-face" aria-hidden="true" tabindex="-1" onClick={() => showAbout({ to: row().from })}>
              <Avatar id={row().from} name={name()} size="s" />
            </button>
          )}
        </span>
      )}
      <div class="message-column">
        {isOneOfMany() && row().begins && <Author user={row().from} name={name()} />}
        <div class="message-line">
          <Bubble item={props} name={name()} standing={standing()} />
          {(isOver() || isWithin()) && !isSelecting() && <Toolbar row={row()} actions={props.actions} reactions={reactions()} />}
        </div>
        {reactions().length > 0 && (
          <ReactionBar
            reactions={reactions()} canReact={props.actions.canReact && !isSelecting()} isStop={props.isActive}
            onToggle={({ value, mine }) => props.actions.react(row(), value, mine !== true)} onWho={(value) => props.actions.reactors(row(), value)}
          />
        )}
        <ReadBy row={row()} standing={standing()} actions={props.actions} />
        <Notice row={row()} actions={props.actions} />
        <LeftEdit row={row()} view={props.view} actions={props.actions} />
      </div>
    </article>
  );
}

/** Who says it; more about them for who asks. The keyboard gets there by the header. */
function Author(props: { user: number; name: string }): JSX.Element {
  return (
    <button type="button" class="message-author" tabindex="-1" onClick={() => showAbout({ to: props.user })}>
      <bdi>{props.name}</bdi>
    </button>
  );
}

/** When, and how far it has come: once for a group, and where it is not as the rest of it. For the eye: the
 * message's sentence says the same. */
function Meta(props: { row: MessageRow; standing: Standing | null }): JSX.Element {
  const isEdited = () => props.row.edited && !props.row.recalled;
  const isUnlike = () => props.row.local === "waiting";
  return (
    <>
      {(props.row.ends || isEdited() || isUnlike()) && (
        <span class="message-meta" aria-hidden="true">
          {isEdited() && <span class="message-edited">{w.edited}</span>}
          {props.row.ends && (
            <time dir="auto" dateTime={new Date(props.row.at).toISOString()} title={formatFull(props.row.at)}>{formatTime(props.row.at)}</time>
          )}
          {/* Of what failed, a note tells below. */}
          {props.standing && props.row.local !== "failed" && (props.row.ends || isUnlike()) && <StandingIcon standing={props.standing} />}
        </span>
      )}
    </>
  );
}

function Bubble(props: { item: MessageItemProps; name: string; standing: Standing | null }): JSX.Element {
  const model = useModel();
  const row = () => props.item.row;
  const meta = () => <Meta row={row()} standing={props.standing} />;
  const text = () => row().change?.text ?? row().text;
  return (
    <div class="message-bubble" classList={{ "message-gone": row().recalled, "message-changing": row().change !== null }}>
      {!row().recalled && row().origin !== null && <Origin origin={row().origin!} />}
      {!row().recalled && row().replyTo !== null && <Quote seq={row().replyTo!} view={props.item.view} onJump={props.item.onJump} />}
      {row().recalled ? <Recalled item={props.item} name={props.name} tail={meta} />
        : text() ? <MessageText text={text()!} named={namedIn(model, row().mentions, row().mentionsAll)} mention={(user, name) => <Mention user={user} text={name} />} tail={meta} />
        : <p class="message-unsupported">{w.unsupported}{meta()}</p>}
    </div>
  );
}

/** What is left of a recalled message. Its text can be written again where it is still known. */
function Recalled(props: { item: MessageItemProps; name: string; tail(): JSX.Element }): JSX.Element {
  const row = () => props.item.row;
  const known = () => (row().own && row().seq !== null ? props.item.view.composing.recalledText(row().seq!) : undefined);
  return (
    <p class="message-recalled">
      <span>{recalledText(row(), props.name)}</span>
      <Show when={known()}>
        <button type="button" class="message-link" onClick={() => props.item.actions.again(row())}>{w.editAgain}</button>
      </Show>
      {props.tail()}
    </p>
  );
}

/** The menu of a message. `at`: where more emoji are offered. */
function openAll(row: MessageRow, actions: MessageActions, reactions: readonly Reaction[], anchor: MenuOptions["anchor"], at: { x: number; y: number }): void {
  const items = actionsFor(row, actions, reactions);
  const quick = quickFor(row, actions, reactions, () => at);
  if (items.length > 0) openMenu({ label: w.actions, items, anchor, ...(quick === undefined ? {} : { quick }) });
}

function belowOf(element: HTMLElement): { x: number; y: number } {
  const { left, bottom } = element.getBoundingClientRect();
  return { x: left, y: bottom };
}

function Toolbar(props: { row: MessageRow; actions: MessageActions; reactions: readonly Reaction[] }): JSX.Element {
  const all = createMemo(() => actionsFor(props.row, props.actions, props.reactions));
  const actions = createMemo(() => new Map(all().filter((action) => action.isMinor !== true).map((action) => [action.icon, action])));
  // At a point, as the toolbar goes when the pointer does.
  const more = ({ currentTarget }: { currentTarget: HTMLElement }): void => {
    const at = belowOf(currentTarget);
    openAll(props.row, props.actions, props.reactions, at, at);
  };
  const react = ({ currentTarget }: { currentTarget: HTMLElement }): void => {
    const at = belowOf(currentTarget);
    const quick = quickFor(props.row, props.actions, props.reactions, () => at);
    if (quick !== undefined) openMenu({ label: w.react, items: [], quick, anchor: at });
  };
  return (
    <Show when={actions().size > 0}>
      <div class="message-toolbar" role="toolbar" aria-label={w.actions}>
        {!props.row.ends && <span class="message-toolbar-time" aria-hidden="true">{formatTime(props.row.at)}</span>}
        {props.actions.canReact && isReactable(props.row) && <IconButton icon="smile" label={w.react} popup="menu" onClick={react} />}
        {/* By name, so that a button is the same one when others come and go: it may be pressed just then. */}
        <For each={[...actions().keys()]}>
          {(icon) => <IconButton icon={icon} label={actions().get(icon)?.label ?? ""} onClick={() => actions().get(icon)?.onSelect()} />}
        </For>
        {all().length > actions().size && <IconButton icon="more" label={w.moreActions} popup="menu" onClick={more} />}
      </div>
    </Show>
  );
}

/** By how many it was read, in a group; who they are for who asks. The keyboard asks by the message's menu. */
function ReadBy(props: { row: MessageRow; standing: Standing | null; actions: MessageActions }): JSX.Element {
  const text = () => (props.row.ends && props.standing?.kind === "read" && props.standing.readers !== null ? standingText(props.standing) : "");
  return (
    <Show when={text() !== "" && props.actions.readers}>
      {(readers) => (
        <button type="button" class="message-read-by" tabindex="-1" aria-haspopup="dialog" onClick={() => readers()(props.row)}>{text()}</button>
      )}
    </Show>
  );
}

/** A change of the message was begun and left for something else. */
function LeftEdit(props: { row: MessageRow; view: PlaceView; actions: MessageActions }): JSX.Element {
  const isLeft = () => canEdit(props.row) && props.view.composing.isLeft(props.row.seq!);
  return (
    <>
      {isLeft() && (
        <p class="message-notice">
          <span>{w.editLeft}</span>
          <button type="button" class="message-link" onClick={() => props.actions.edit(props.row)}>{w.goOn}</button>
        </p>
      )}
    </>
  );
}

/** What did not work, or is not done yet, with what can be done about it. */
function Notice(props: { row: MessageRow; actions: MessageActions }): JSX.Element {
  const failed = () => (props.row.change ?? { state: props.row.local }).state === "failed";
  const id = () => props.row.change?.clientId ?? props.row.clientId;
  const text = () => (props.row.change !== null ? changeText(props.row) : w.notSent(reasonOf(props.row.failure)));
  return (
    <>
      {(props.row.change !== null || failed()) && (
        <p class="message-notice" classList={{ "message-notice-failed": failed() }}>
          <Show when={failed()}><Icon name="error" /></Show>
          <span>{text()}</span>
          <Show when={failed()}>
            <button type="button" class="message-link" onClick={() => props.actions.resend(id())}>{w.resend}</button>
            <button type="button" class="message-link" onClick={() => props.actions.discard(id())}>{w.discard}</button>
          </Show>
        </p>
      )}
    </>
  );
}
