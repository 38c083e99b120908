/**
 * The messages of a conversation.
 *
 * rows → **list** → `MessageItem`
 *
 * Owns: which elements there are, keyboard movement between them, and telling what was read.
 * Promises: an element stays as long as its row does; older messages that come in are not read out
 * by screen readers, and new ones are, by `arrivals`. Not here: the window on the log (`log`), and
 * the scroll position (`scroll`).
 */
import { createComputed, createEffect, createMemo, createSelector, createSignal, For, Match, on, onCleanup, onMount, Show, Switch, untrack } from "solid-js";
import type { Accessor, JSX, Setter } from "solid-js";
import type { Conversation } from "@hongyan/client";
import { announce } from "../../app/announce.ts";
import { formatDay } from "../../i18n/index.ts";
import { conversationShown } from "../../metrics/switches.ts";
import { useModel } from "../../model/model.ts";
import type { Place } from "../../model/keys.ts";
import { createAttention } from "../log/attention.ts";
import { makeRows, textOf } from "../log/rows.ts";
import type { MessageRow, Row, Rows } from "../log/rows.ts";
import type { Trouble } from "../log/view.ts";
import type { PlaceView } from "../log/views.ts";
import { snippet } from "../../text/snippet.ts";
import { w } from "../words.ts";
import type { MessageActions } from "./actions.ts";
import { Arrivals } from "./arrivals.ts";
import { JumpButton } from "./JumpButton.tsx";
import { MessageItem } from "./MessageItem.tsx";
import { Reading } from "./reading.ts";
import { Scroll } from "./scroll.ts";

export interface MessageListProps {
  place: Place;
  view: PlaceView;
  conversation: Accessor<Conversation | null>;
  isGroup: boolean;
  actions: MessageActions;
  /** The user has done with the list: back to writing. */
  onLeave(): void;
}

/** As long as the mark on a message that was jumped to stays. */
const HIGHLIGHT_MS = 2400;

export function MessageList(props: MessageListProps): JSX.Element {
  const model = useModel();
  const { log } = untrack(() => props.view);
  const wasNew = untrack(() => props.conversation() === null);
  const me = () => model.me()?.id ?? 0;
  let scroller!: HTMLDivElement;
  let content!: HTMLDivElement;
  let scroll: Scroll | undefined;

  const rows = createMemo<Rows>((before) => makeRows({
    me: me(), messages: log.window()?.messages ?? [], outgoing: log.outgoing(),
    atEnd: log.window() === null ? wasNew : log.atEnd(), newFrom: log.newFrom(),
  }, before), new Map());
  const keys = createMemo(() => [...rows().keys()], [], { equals: (a, b) => a.length === b.length && a.every((key, at) => key === b[at]) });

  // A cell for each row: a change of one is not told to hundreds.
  const cells = new Map<string, Setter<Row>>();
  createComputed(() => {
    for (const [key, row] of rows()) cells.get(key)?.(row);
  });
  function cellOf(key: string): Accessor<Row> {
    const [row, setRow] = createSignal(untrack(rows).get(key)!);
    cells.set(key, setRow);
    onCleanup(() => cells.delete(key));
    return row;
  }

  const [atEnd, setAtEnd] = createSignal(true);
  const [active, setActive] = createSignal<string | null>(null);
  const [highlit, setHighlit] = createSignal<string | null>(null);
  const current = createMemo(() => {
    const chosen = active();
    return chosen !== null && rows().has(chosen) ? chosen : (keys().findLast((key) => rows().get(key)!.kind === "message") ?? null);
  });
  const isCurrent = createSelector(current);
  const isHighlit = createSelector(highlit);

  const attentive = createAttention();
  const reading = new Reading({
    inSight: () => (untrack(attentive) && log.window() !== null ? (scroll?.lastReadable() ?? null) : null),
    read: () => untrack(props.conversation)?.members.find((member) => member.user === me())?.read ?? 0,
    tell: (seq) => {
      const conv = untrack(props.conversation)?.conv;
      if (conv !== undefined) model.client.read(conv, seq);
    },
  });

  onMount(() => {
    scroll = new Scroll(scroller, content, log.spot, {
      isWhole: () => log.atEnd() || log.window() === null,
      moved(spot) {
        log.spot = spot;
        setAtEnd(spot.kind === "end");
        reading.look();
      },
      // After a failure the user is asked rather than the network, again and again.
      nearTop: () => void (log.trouble() === null && log.window() !== null && log.older()),
      nearBottom: () => void (log.trouble() === null && log.window() !== null && log.newer()),
    });
    // The next two run in this order: rows first, then where to go.
    createEffect(on(rows, () => untrack(() => scroll!.keep())));
    createEffect(on(log.wish, (wish) => wish !== null && untrack(() => go(wish))));
    createEffect(on(attentive, () => untrack(() => reading.look())));
    createEffect(() => log.window() !== null && conversationShown());
  });
  const arrivals = new Arrivals({ say: announce, many: (count) => w.arrived(count) });
  onCleanup(model.client.on("entry", (entry) => {
    const isNews = entry.kind === "message" && entry.from !== me() && entry.conv === props.conversation()?.conv;
    if (isNews && attentive()) arrivals.arrived(`${model.profile(entry.from).name}: ${textOf(entry) === null ? w.unsupported : snippet(textOf(entry)!)}`);
  }));
  onCleanup(() => {
    scroll?.stop();
    reading.stop();
    arrivals.stop();
  });
  createEffect(on(model.connection, (state) => {
    const trouble = log.trouble();
    if (state.kind === "online" && state.caughtUp && trouble !== null) void retry(trouble);
  }, { defer: true }));

  let highlightTimer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(highlightTimer));
  function go(wish: NonNullable<ReturnType<typeof log.wish>>): void {
    const row = scroll!.go(wish);
    log.granted();
    if (wish.kind !== "seq" || !wish.highlight || row === null) return;
    const key = row.dataset["key"]!;
    setActive(key);
    row.focus({ preventScroll: true });
    clearTimeout(highlightTimer);
    setHighlit(null);
    setHighlit(key);
    highlightTimer = setTimeout(() => setHighlit(null), HIGHLIGHT_MS);
  }
  async function retry(trouble: Trouble): Promise<void> {
    if (trouble === "opening") await log.open();
    else await (trouble === "older" ? log.older() : log.newer());
  }

  function onKeyDown(event: KeyboardEvent): void {
    const row = event.target as HTMLElement;
    if (row.parentElement !== content || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      props.onLeave();
      return;
    }
    const to = nextRow(event.key, row);
    if (to === undefined) return;
    event.preventDefault();
    if (to === null) return;
    to.focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  }
  /** Where a key leads; null: nowhere further; undefined: it is no key that moves. */
  function nextRow(key: string, from: Element): HTMLElement | null | undefined {
    const articles = [...content.querySelectorAll<HTMLElement>(":scope > article")];
    const at = articles.indexOf(from as HTMLElement);
    if (key === "ArrowUp") return articles[at - 1] ?? null;
    if (key === "ArrowDown") return articles[at + 1] ?? null;
    if (key === "Home") return articles[0] ?? null;
    return key === "End" ? (articles.at(-1) ?? null) : undefined;
  }

  return (
    <div class="log">
      <div ref={scroller} class="log-scroller" onScroll={() => scroll?.scrolled()}>
        <div ref={content} class="log-content" role="feed" aria-label={w.messages} aria-busy={log.window() === null && !wasNew} onKeyDown={onKeyDown}>
          <Show when={log.trouble() !== "newer"}><TroubleNote trouble={log.trouble()} onRetry={(trouble) => void retry(trouble)} /></Show>
          <For each={keys()}>
            {(key) => {
              const row = cellOf(key);
              return (
                <Switch>
                  <Match when={untrack(row).kind === "message"}>
                    <MessageItem
                      row={row() as MessageRow} view={props.view} conversation={props.conversation} isGroup={props.isGroup}
                      isActive={isCurrent(key)} isHighlit={isHighlit(key)} actions={props.actions}
                      onJump={(seq) => void log.goTo(seq)} onFocus={() => setActive(key)}
                    />
                  </Match>
                  <Match when={untrack(row).kind === "day"}>
                    <div class="log-day" data-key={key}><span>{formatDay((row() as { at: number }).at, model.now())}</span></div>
                  </Match>
                  <Match when={untrack(row).kind === "new"}>
                    <div class="log-new" data-key={key}><span>{w.newMessages}</span></div>
                  </Match>
                </Switch>
              );
            }}
          </For>
          <Show when={log.trouble() === "newer"}><TroubleNote trouble={log.trouble()} onRetry={(trouble) => void retry(trouble)} /></Show>
        </div>
        <Show when={keys().length === 0 && (log.window() !== null || wasNew)}>
          <div class="log-empty">
            <p class="log-empty-title">{w.empty}</p>
            <Show when={!props.isGroup}><p>{w.emptyHint}</p></Show>
          </div>
        </Show>
      </div>
      <Show when={log.loading()}>
        <p class="log-loading" role="status">{w.loading}</p>
      </Show>
      <Show when={!atEnd()}>
        <JumpButton
          count={props.conversation()?.unread ?? 0}
          onJump={() => void log.goToEnd().then(() => announce(w.latest))}
        />
      </Show>
    </div>
  );
}

function TroubleNote(props: { trouble: Trouble | null; onRetry(trouble: Trouble): void }): JSX.Element {
  return (
    <Show when={props.trouble}>
      {(trouble) => (
        <p class="log-trouble" role="status">
          <span>{troubleText(trouble())}</span>
          <button type="button" class="button" onClick={() => props.onRetry(trouble())}>{w.retry}</button>
        </p>
      )}
    </Show>
  );
}

function troubleText(trouble: Trouble): string {
  switch (trouble) {
    case "opening": return w.troubleOpening;
    case "older": return w.troubleOlder;
    case "newer": return w.troubleNewer;
  }
}
