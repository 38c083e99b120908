/**
 * The conversations, the latest first.
 *
 * Promises: a long list is drawn as far as it is seen; one line is a stop for Tab, the arrows move
 * between lines.
 */
import { createEffect, createMemo, createSelector, createSignal, For, on, Show, untrack } from "solid-js";
import type { Accessor, JSX } from "solid-js";
import { route } from "../app/route.ts";
import { draftKey } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import type { Row } from "../model/model.ts";
import { Icon } from "../ui/index.ts";
import { createMedia, NARROW } from "../ui/media.ts";
import { Begin } from "./Begin.tsx";
import { ConversationRow } from "./ConversationRow.tsx";
import { createScroll } from "./scroll.ts";
import { w } from "./words.ts";

/** All conversations, with the way to those that were put away; or those. */
export function Rows(): JSX.Element {
  const model = useModel();
  const [isAway, setAway] = createSignal(false);
  // The last one was taken out.
  createEffect(() => model.archived().length === 0 && setAway(false));
  return (
    <>
      <Show when={model.archived().length > 0}>
        <button type="button" class="list-folder" aria-label={isAway() ? w.backToList : w.archivedCount(model.archived().length)} onClick={() => setAway(!isAway())}>
          <Icon name={isAway() ? "back" : "archive"} />
          <span class="list-folder-name">{w.archived}</span>
          <Show when={!isAway()}><span class="list-folder-count">{model.archived().length}</span></Show>
        </button>
      </Show>
      <Show when={isAway()} fallback={<Lines rows={model.rows} />}><Lines rows={model.archived} /></Show>
    </>
  );
}

function Lines(props: { rows: Accessor<readonly Row[]> }): JSX.Element {
  const model = useModel();
  const all = untrack(() => props.rows);
  const { span, height, ref, reveal } = createScroll(() => all().length);
  const currentKey = createMemo(() => {
    const at = route();
    return at.page === "conversation" ? draftKey(model.canonical(at.place)) : null;
  });
  // The keyboard may have gone to a conversation that is out of sight here.
  createEffect(on(currentKey, (key) => reveal(untrack(all).findIndex((row) => row.key === key))));
  const drawn = createMemo(() => all().slice(span().start, span().end));
  const stop = createMemo(() => (all().some((row) => row.key === currentKey()) ? currentKey() : all()[0]?.key));
  // Asked by key, so that only the two lines between which it changes are made anew.
  const isCurrent = createSelector(currentKey);
  const isStop = createSelector(stop);
  return (
    <Show when={all().length > 0} fallback={<Empty />}>
      <div class="list-scroll" ref={ref} onKeyDown={moveFocus}>
        <ul class="list-rows" style={{ "padding-block": padding(span(), all().length, height()) }} aria-label={w.conversations}>
          <For each={drawn()}>
            {(row, index) => (
              <ConversationRow
                row={row}
                isCurrent={isCurrent(row.key)}
                isStop={isStop(row.key)}
                position={span().start + index() + 1}
                count={all().length}
              />
            )}
          </For>
        </ul>
      </div>
    </Show>
  );
}

function Empty(): JSX.Element {
  const model = useModel();
  const isNarrow = createMedia(NARROW);
  const isLoading = () => {
    const now = model.connection();
    return now.kind === "online" && !now.caughtUp;
  };
  return (
    <Show when={!isLoading()} fallback={<p class="list-empty">{w.emptyLoading}</p>}>
      <div class="list-empty">
        <p class="list-empty-title">{w.emptyTitle}</p>
        <p>{w.emptyText}</p>
        {/* Where both panes show, the other one has it. */}
        <Show when={isNarrow()}><Begin /></Show>
      </div>
    </Show>
  );
}

function padding(span: { start: number; end: number }, count: number, height: number): string {
  return `${span.start * height}px ${(count - span.end) * height}px`;
}

/** Up, Down, Home and End between what can be opened in a list. */
export function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>("a, button")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  links[to]?.focus();
}
