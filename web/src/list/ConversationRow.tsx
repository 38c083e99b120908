/** One line of the list. */
import { createMemo, Show } from "solid-js";
import type { JSX } from "solid-js";
import { reach } from "@hongyan/client";
import { showAbout } from "../app/about.ts";
import { eventText, namesIn } from "../group/events.ts";
import { format, go, routeOf } from "../app/route.ts";
import { onLongPress } from "../ui/press.ts";
import { formatFull, formatShort } from "../i18n/index.ts";
import { dotOf, presenceText } from "../live/presence.ts";
import { writingText } from "../live/writing.ts";
import { useModel } from "../model/model.ts";
import type { Row } from "../model/model.ts";
import { Avatar, Icon, openMenu } from "../ui/index.ts";
import type { IconName, MenuItem } from "../ui/index.ts";
import { previewOf } from "./preview.ts";
import { viewItems } from "./view-items.ts";
import { w } from "./words.ts";

const MOST = 99;
const MOST_MENTIONS = 9;

export interface ConversationRowProps {
  row: Row;
  isCurrent: boolean;
  /** The one line that Tab stops at. */
  isStop: boolean;
  position: number;
  count: number;
}

export function ConversationRow(props: ConversationRowProps): JSX.Element {
  const model = useModel();
  const row = () => props.row;
  const route = () => routeOf(row());
  const time = () => (row().at === 0 ? "" : formatShort(row().at, model.now()));
  const preview = usePreview(props);
  const state = useState(row, () => preview().kind);
  const isGroup = () => "conv" in row().place;
  const presence = model.watchPresence(() => {
    const { place } = row();
    return "to" in place && place.to !== model.me()?.id ? place.to : null;
  });
  const writing = () => {
    const now = props.isCurrent ? null : model.writing(row().place);
    return now === null ? "" : writingText(now, isGroup(), (user) => model.profile(user).name);
  };
  // One sentence, in the order in which it is seen: a screen reader reads a line of the list at once.
  const label = () => {
    const name = [row().title, time()].filter(Boolean).join(", ");
    const text = preview().kind === "draft" ? `${w.draft} ${preview().text}` : preview().text;
    const unread = row().unread > 0 ? w.unread(row().unread) : row().isMarked ? w.markedUnread : "";
    const mentions = row().mentions > 0 ? w.mentions(row().mentions) : "";
    const there = dotOf(presence()) === null ? "" : presenceText(presence(), model.now());
    const rest = [text, preview().isEdited ? w.edited : "", unread, mentions, row().isMuted ? w.muted : "", row().isPinned ? w.pinned : "", state()?.label ?? "", there];
    return `${name}: ${rest.filter(Boolean).join(". ")}`;
  };

  // What the line's own menu says, by pointer, finger or keyboard.
  function openActions(anchor: HTMLElement | { x: number; y: number }): void {
    const { place } = row();
    const items: MenuItem[] = [
      ...viewItems(model, place, anchor),
      { label: "conv" in place ? w.info : w.profile, icon: "conv" in place ? "people" : "person", onSelect: () => showAbout(place) },
    ];
    openMenu({ label: w.rowActions, items, anchor });
  }
  function onContextMenu(event: MouseEvent & { currentTarget: HTMLElement }): void {
    event.preventDefault();
    const fromKeyboard = event.clientX === 0 && event.clientY === 0;
    openActions(fromKeyboard ? event.currentTarget : { x: event.clientX, y: event.clientY });
  }
  function onClick(event: MouseEvent): void {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(route());
  }
  return (
    <li class="row" aria-setsize={props.count} aria-posinset={props.position}>
      <a
        class="row-link"
        classList={{ "row-unread": (row().unread > 0 || row().isMarked) && !row().isMuted, "row-muted": row().isMuted }}
        href={format(route())}
        aria-current={props.isCurrent ? "page" : undefined}
        aria-label={label()}
        tabindex={props.isStop ? 0 : -1}
        data-key={row().key}
        ref={(link) => onLongPress(link, openActions)}
        onClick={onClick}
        onContextMenu={onContextMenu}
      >
        <Avatar id={avatarId(row())} name={row().title} isGroup={isGroup()} presence={dotOf(presence())} />
        <span class="row-body">
          <span class="row-line">
            <span class="row-title"><bdi>{row().title}</bdi></span>{" "}
            <time class="row-time" title={row().at === 0 ? "" : formatFull(row().at)}>{time()}</time>
          </span>{" "}
          <span class="row-line row-preview">
            <Show when={writing() === ""} fallback={<span class="row-text row-writing">{writing()}</span>}>
              <Show when={state()}>{(it) => <Icon name={it().icon} class={`row-state row-state-${it().name}`} />}</Show>
              <Show when={preview().kind === "draft"}><span class="row-draft">{w.draft}</span></Show>
              <bdi class="row-text" classList={{ "row-gone": preview().kind === "gone" }}>{preview().text}</bdi>
              <Show when={preview().isEdited}><span class="row-edited"> · {w.edited}</span></Show>
            </Show>
            <span class="row-marks">
              <Show when={row().isMuted}><Icon name="bell-off" class="row-bell" /></Show>
              <Show when={row().isPinned && row().unread === 0 && !row().isMarked}><Icon name="pin" class="row-bell" /></Show>
              <Show when={row().isMarked && row().unread === 0}><span class="row-badge row-badge-dot" /></Show>
              <Show when={row().mentions > 0}><span class="row-mention">{mentionSign(row().mentions)}</span></Show>
              <Show when={row().unread > 0}>
                <span class="row-badge">{row().unread > MOST ? `${MOST}+` : row().unread}</span>
              </Show>
            </span>
          </span>
        </span>
      </a>
    </li>
  );
}

function usePreview(props: ConversationRowProps) {
  const model = useModel();
  return createMemo(() => {
    const { row } = props;
    const last = row.last;
    const isGroup = row.conversation !== null && row.conversation.kind !== "direct";
    return previewOf({
      draft: row.draft,
      pending: row.pending,
      last,
      me: model.me()?.id ?? 0,
      author: isGroup && last !== null ? model.profile(last.from).name : null,
      event: last?.kind === "event" ? eventText(last, namesIn(model)) : null,
      isOpen: props.isCurrent,
    });
  });
}

interface State {
  name: "pending" | "failed" | "sent" | "delivered" | "read";
  icon: IconName;
  label: string;
}

/** How far one's own newest message has come; null where it is not one's own. */
function useState(row: () => Row, kind: () => string): () => State | null {
  const model = useModel();
  return () => {
    if (kind() === "pending") return { name: "pending", icon: "clock", label: w.sending };
    if (kind() === "sent") return { name: "sent", icon: "check", label: w.sent };
    if (kind() === "failed") return { name: "failed", icon: "error", label: w.failed };
    const { last, conversation } = row();
    const me = model.me()?.id;
    if (kind() !== "message" || last === null || conversation === null || me === undefined || last.from !== me) return null;
    const name = reach(conversation, me, last.seq);
    return { name, icon: name === "sent" ? "check" : "check-double", label: w[name] };
  };
}

/** One needs no number. */
function mentionSign(count: number): string {
  if (count === 1) return "@";
  return count > MOST_MENTIONS ? `@${MOST_MENTIONS}+` : `@${count}`;
}

function avatarId(row: Row): number {
  return "to" in row.place ? row.place.to : row.place.conv;
}
