/**
 * The messages of a conversation.
 *
 * rows → **list** → `MessageItem`
 *
 * Owns: which elements there are, and putting together what each part promises: the place (`scroll`),
 * the keyboard (`focus`), what was read (`reading`), what is read out (`arrivals`). Promises: an
 * element stays as long as its row does. Not here: the window on the log (`log`).
 */
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show, untrack } from "solid-js";
import type { Accessor, JSX } from "solid-js";
import type { Conversation } from "@hongyan/client";
import { announce } from "../../app/announce.ts";
import { formatDay, formatStamp } from "../../i18n/index.ts";
import { eventText, namesIn } from "../../group/events.ts";
import { conversationShown } from "../../metrics/switches.ts";
import type { Place } from "../../model/keys.ts";
import { useModel } from "../../model/model.ts";
import type { Model } from "../../model/model.ts";
import { Avatar, Icon, IconButton } from "../../ui/index.ts";
import { createAttention } from "../log/attention.ts";
import type { MentionJumps } from "../log/mention-jumps.ts";
import { makeRows } from "../log/rows.ts";
import type { EventRow, MessageRow, Row, Rows } from "../log/rows.ts";
import type { LogView, Spot, Trouble } from "../log/view.ts";
import type { PlaceView } from "../log/views.ts";
import type { Selection } from "../selection.ts";
import { w } from "../words.ts";
import type { MessageActions } from "./actions.ts";
import { announceArrivals } from "./arrivals.ts";
import { createCurrent, createMark, moveBetween } from "./focus.ts";
import { JumpButton, MentionButton } from "./JumpButton.tsx";
import { KeptNote } from "./KeptNote.tsx";
import { MessageItem } from "./MessageItem.tsx";
import { selectedTexts } from "./selected.ts";
import { createReading } from "./reading.ts";
import { createRowCells } from "./rowCells.ts";
import { Scroll } from "./scroll.ts";
import { createShowing } from "./showing.ts";
import { swipeToReply } from "./swipe-reply.ts";
import { TroubleNote } from "./TroubleNote.tsx";

/** Of a page, as browsers turn it: the rest stays in sight. */
const TURNED = 0.875;

export interface MessageListProps {
  place: Place;
  view: PlaceView;
  conversation: Accessor<Conversation | null>;
  isGroup: boolean;
  actions: MessageActions;
  selection: Selection;
  mentions: MentionJumps;
  ref(handle: { turn(pages: number): void }): void;
  /** The user has done with the list: back to writing. */
  onLeave(): void;
}

export function MessageList(props: MessageListProps): JSX.Element {
  const model = useModel();
  const { log } = untrack(() => props.view);
  const wasNew = untrack(() => props.conversation() === null);
  let scroller!: HTMLDivElement;
  let content!: HTMLDivElement;
  let cue!: HTMLSpanElement;
  let scroll: Scroll | undefined;

  const rows = createMemo<Rows>((before) => makeRows(rowInput(model, log, wasNew), before), new Map());
  const { keys, cellOf } = createRowCells(rows);
  const current = createCurrent(rows);
  const mark = createMark();
  const [atEnd, setAtEnd] = createSignal(true);
  const attentive = createAttention();
  announceArrivals(model, () => props.conversation()?.conv, attentive);
  const reading = createReading(model, () => props.conversation(), attentive, () => (log.window() === null ? null : (scroll?.lastReadable() ?? null)));

  const showing = createShowing(model.client, () => untrack(() => props.conversation()), () => (scroll?.inSight() ?? []).flatMap((element) => {
    const row = untrack(rows).get(element.dataset["key"] ?? "");
    return row?.kind === "message" && row.own && row.seq !== null && !row.recalled ? [row.seq] : [];
  }));

  onMount(() => {
    scroll = new Scroll(scroller, content, log.spot, {
      isWhole: () => log.atEnd() || log.window() === null,
      moved(spot) {
        log.spot = spot;
        setAtEnd(spot.kind === "end");
        reading.look();
        showing();
      },
      nearTop: () => grow(log, "older"),
      nearBottom: () => grow(log, "newer"),
    });
    onCleanup(() => scroll?.stop());
    props.ref({ turn: (pages) => scroller.scrollBy({ top: pages * TURNED * scroller.clientHeight }) });
    swipeToReply(content, cue, (key) => props.actions.canWrite && !props.selection.isOn() && isAnswerable(rows().get(key)), (key) => {
      const row = rows().get(key);
      if (row?.kind === "message") props.actions.reply(row);
    });
    // These two run in this order: the rows first, then where to go.
    createEffect(on(rows, () => untrack(() => scroll?.keep())));
    createEffect(on(log.wish, (wish) => wish !== null && untrack(() => go(wish))));
    createEffect(() => (log.window() !== null || wasNew) && conversationShown());
  });
  createEffect(on(model.connection, (state) => {
    const trouble = log.trouble();
    if (state.kind === "online" && state.caughtUp && trouble !== null) void log.retry(trouble);
  }, { defer: true }));

  // While what is new is being fetched, it may be among that.
  const isMissing = () => {
    const state = model.connection();
    return log.missing() !== null && state.kind !== "connecting" && (state.kind !== "online" || state.caughtUp);
  };
  function go(wish: Spot): void {
    const row = scroll?.go(wish) ?? null;
    log.granted();
    if (wish.kind !== "seq" || row === null) return;
    const key = row.dataset["key"]!;
    current.choose(key);
    row.focus({ preventScroll: true });
    mark.put(key);
  }
  function drawRow(key: string): JSX.Element {
    const row = cellOf(key);
    // Under one key stands one kind of row.
    switch (untrack(row).kind) {
      case "message":
        return (
          <MessageItem
            row={row() as MessageRow} view={props.view} conversation={props.conversation} isGroup={props.isGroup}
            isActive={current.is(key)} isHighlit={mark.is(key)} actions={props.actions} selection={props.selection}
            onJump={(seq) => void log.goTo(seq)} onFocus={() => current.choose(key)}
          />
        );
      case "event":
        return <div class="log-event" data-key={key} data-seq={(row() as EventRow).seq}>{eventText((row() as EventRow).entry, namesIn(model))}</div>;
      case "day":
        return <div class="log-day" data-key={key}><span>{formatDay((row() as { at: number }).at, model.now())}</span></div>;
      case "new":
        return <div class="log-new" data-key={key}><span>{newLine((row() as { at: number | null }).at, model.now())}</span></div>;
    }
  }
  function onKeyDown(event: KeyboardEvent): void {
    const row = event.target as HTMLElement;
    if (row.parentElement !== content || event.altKey || event.ctrlKey || event.metaKey) return;
    const isEscape = event.key === "Escape";
    if (isEscape) props.onLeave();
    if (!isEscape && !moveBetween(content, row, event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  function onCopy(event: ClipboardEvent): void {
    const texts = selectedTexts(content, getSelection());
    if (texts.length < 2) return;
    const said = texts.flatMap(({ key, text }) => {
      const row = rows().get(key);
      return row?.kind === "message" ? [w.quotation(nameOf(row), formatStamp(row.at), text)] : [];
    });
    event.clipboardData?.setData("text/plain", said.join("\n\n"));
    event.preventDefault();
  }
  const nameOf = (row: MessageRow) => model.shownName(model.profile(row.from));

  return (
    <div class="log">
      <div ref={scroller} class="log-scroller" onScroll={() => scroll?.scrolled()}>
        <div ref={content} class="log-content" role={keys().length > 0 ? "feed" : "region"} aria-label={w.messages} aria-busy={log.window() === null && !wasNew} onKeyDown={onKeyDown} onCopy={onCopy}>
          <KeptNote log={log} conversation={props.conversation} />
          <TroubleNote log={log} when={["opening", "older"]} />
          <For each={keys()}>{drawRow}</For>
          <TroubleNote log={log} when={["newer"]} />
        </div>
        <Show when={keys().length === 0 && (log.window() !== null || wasNew)}><Empty place={props.place} isGroup={props.isGroup} /></Show>
      </div>
      <Show when={isMissing()}>
        <p class="log-missing" role="status">
          <span>{w.noSuchMessage}</span>
          <IconButton icon="close" label={w.dismiss} onClick={() => log.dismiss()} />
        </p>
      </Show>
      <span ref={cue} class="log-swipe" aria-hidden="true" hidden><Icon name="reply" /></span>
      <Show when={log.loading()}>
        <p class="log-loading" role="status">{w.loading}</p>
      </Show>
      <div class="jumps">
        <Show when={props.mentions.count() > 0}>
          <MentionButton count={props.mentions.count()} onJump={() => void props.mentions.next()} />
        </Show>
        <Show when={!atEnd()}>
          <JumpButton
            count={props.conversation()?.unread ?? 0}
            onJump={() => void log.goToEnd().then(() => announce(w.latest))}
          />
        </Show>
      </div>
    </div>
  );
}

/** The divider's words, with the day where one begins there. */
function newLine(at: number | null, now: number): string {
  return at === null ? w.newMessages : `${formatDay(at, now)} · ${w.newMessages}`;
}

/** What the rows are made of. Reactive. */
function rowInput(model: Model, log: LogView, wasNew: boolean): Parameters<typeof makeRows>[0] {
  const window = log.window();
  return {
    me: model.me()?.id ?? 0,
    messages: window?.messages ?? [],
    outgoing: log.outgoing(),
    // While the log of a conversation that existed is being read, there is no end to put echoes at.
    atEnd: window === null ? wasNew : log.atEnd(),
    newFrom: log.newFrom(),
  };
}

function isAnswerable(row: Row | undefined): boolean {
  return row?.kind === "message" && !row.recalled && row.text !== null && row.seq !== null;
}

/** After a failure the user is asked rather than the network, again and again. */
function grow(log: LogView, direction: Exclude<Trouble, "opening">): void {
  if (log.trouble() === null && log.window() !== null) void log[direction]();
}

function Empty(props: { place: Place; isGroup: boolean }): JSX.Element {
  const model = useModel();
  return (
    <div class="log-empty">
      <Show when={!props.isGroup && model.others(props.place)[0]}>{(person) => <Avatar id={person().id} name={person().name} size="l" />}</Show>
      <p class="log-empty-title">{w.empty}</p>
      <Show when={!props.isGroup}><p>{w.emptyHint}</p></Show>
    </div>
  );
}
