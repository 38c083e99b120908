/**
 * The conversations, the latest first.
 *
 * Promises: a long list is drawn as far as it is seen; one line is a stop for Tab, the arrows move
 * between lines.
 */
import { createEffect, createMemo, createSelector, For, on, Show, untrack } from "solid-js";
import type { JSX } from "solid-js";
import { route } from "../app/route.ts";
import { draftKey } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import { createMedia, NARROW } from "../ui/media.ts";
import { Begin } from "./Begin.tsx";
import { ConversationRow } from "./ConversationRow.tsx";
import { createScroll } from "./scroll.ts";
import { w } from "./words.ts";

export function Rows(): JSX.Element {
  const model = useModel();
  const { span, height, ref, reveal } = createScroll(() => model.rows().length);
  const currentKey = createMemo(() => {
    const at = route();
    return at.page === "conversation" ? draftKey(model.canonical(at.place)) : null;
  });
  // The keyboard may have gone to a conversation that is out of sight here.
  createEffect(on(currentKey, (key) => reveal(untrack(model.rows).findIndex((row) => row.key === key))));
  const drawn = createMemo(() => model.rows().slice(span().start, span().end));
  const stop = createMemo(() => (model.rows().some((row) => row.key === currentKey()) ? currentKey() : model.rows()[0]?.key));
  // Asked by key, so that only the two lines between which it changes are made anew.
  const isCurrent = createSelector(currentKey);
  const isStop = createSelector(stop);
  return (
    <Show when={model.rows().length > 0} fallback={<Empty />}>
      <div class="list-scroll" ref={ref} onKeyDown={moveFocus}>
        <ul class="list-rows" style={{ "padding-block": padding(span(), model.rows().length, height()) }} aria-label={w.conversations}>
          <For each={drawn()}>
            {(row, index) => (
              <ConversationRow
                row={row}
                isCurrent={isCurrent(row.key)}
                isStop={isStop(row.key)}
                position={span().start + index() + 1}
                count={model.rows().length}
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
