/** Who the conversation is with, and what can be done with all of it. */
import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { panel, showAbout, showPanel } from "../app/about.ts";
import { ConnectionNotice } from "../app/ConnectionNotice.tsx";
import { dotOf, onlineText, presenceText } from "../live/presence.ts";
import { writingText } from "../live/writing.ts";
import { viewItems } from "../list/view-items.ts";
import type { Place } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import { handle } from "../model/people.ts";
import { Avatar, IconButton, MenuButton } from "../ui/index.ts";
import { w } from "./words.ts";

export function Header(props: { place: Place; isGroup: boolean; onBack(): void }): JSX.Element {
  const model = useModel();
  const others = () => model.others(props.place);
  const present = () => model.present(props.place);
  const other = () => {
    const { place } = props;
    return !props.isGroup && "to" in place && place.to !== model.me()?.id ? place.to : null;
  };
  const presence = model.watchPresence(other);
  const about = () => {
    const conversation = model.conversation(props.place);
    // Of a group that one has left, nobody knows.
    if (props.isGroup) return conversation?.left === true ? "" : onlineText(w.members(conversation?.size ?? 0), present()?.online ?? 0);
    const other = others()[0];
    return other === undefined ? "" : presenceText(presence(), model.now()) || handle(other);
  };
  const writing = () => {
    const now = model.writing(props.place);
    return now === null ? "" : writingText(now, props.isGroup, (user) => model.profile(user).name);
  };
  const conv = () => model.conversation(props.place)?.conv ?? null;
  const isPanel = () => panel() !== null && panel() === conv();
  // Who is in a group stands beside its messages.
  const open = () => (props.isGroup ? showPanel(isPanel() ? null : conv()) : showAbout(props.place));
  let more!: HTMLButtonElement;
  return (
    <header class="pane-header">
      <IconButton icon="back" label={w.back} class="pane-back" onClick={() => props.onBack()} />
      <div class="pane-who">
        <Show when={props.isGroup} fallback={<Show when={others()[0]}>{(person) => <Avatar id={person().id} name={person().name} size="m" presence={dotOf(presence())} />}</Show>}>
          <Avatar id={conv() ?? 0} name={model.title(props.place)} size="m" isGroup />
        </Show>
        <div class="pane-names">
          <h1 class="pane-title">
            {/* It reaches over all of the names. */}
            <button type="button" class="pane-open" aria-haspopup={props.isGroup ? undefined : "dialog"} aria-expanded={props.isGroup ? isPanel() : undefined} onClick={open}>
              <bdi>{model.title(props.place)}</bdi>
            </button>
          </h1>
          <Show when={writing() !== ""} fallback={<Show when={about() !== ""}><p class="pane-about"><bdi>{about()}</bdi></p></Show>}>
            <p class="pane-about pane-writing">{writing()}</p>
          </Show>
          {/* On a phone this header is the only one. */}
          <div class="connection-narrow"><ConnectionNotice /></div>
        </div>
      </div>
      <Show when={model.conversation(props.place) !== null}>
        <IconButton icon="search" label={w.searchHere} popup="dialog" class="pane-search" onClick={() => showAbout(props.place, "search")} />
      </Show>
      <MenuButton
        icon="more"
        label={w.more}
        ref={(button) => (more = button)}
        items={() => [
          { label: props.isGroup ? w.groupInfo : w.profile, icon: props.isGroup ? "people" : "person", onSelect: open },
          ...viewItems(model, props.place, more),
        ]}
      />
    </header>
  );
}
