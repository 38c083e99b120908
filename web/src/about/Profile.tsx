/** Who somebody is. Of a group, a panel beside its messages tells (`group`). */
import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { showAbout } from "../app/about.ts";
import { go, route } from "../app/route.ts";
import { toggleMuted } from "../list/view-items.ts";
import { dotOf, presenceText } from "../live/presence.ts";
import { draftKey } from "../model/keys.ts";
import type { Place } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import { handle } from "../model/people.ts";
import { Avatar, Dialog, Icon } from "../ui/index.ts";
import type { IconName } from "../ui/index.ts";
import { w } from "./words.ts";

export function Profile(props: { place: Place; onClose(): void }): JSX.Element {
  const model = useModel();
  const place = () => model.canonical(props.place);
  const person = () => {
    const now = place();
    return "to" in now ? model.profile(now.to) : null;
  };
  const presence = model.watchPresence(() => {
    const id = person()?.id;
    return id === undefined || id === model.me()?.id ? null : id;
  });
  const conversation = () => model.conversation(place());
  const isMuted = () => model.isMuted(place());
  const isShown = () => {
    const at = route();
    return at.page === "conversation" && draftKey(model.canonical(at.place)) === draftKey(place());
  };
  return (
    <Dialog title={person() === null ? w.group : w.profile} onClose={props.onClose} class="about">
      <div class="about-head">
        <Show when={person()}>{(one) => <Avatar id={one().id} name={one().name} size="l" presence={dotOf(presence())} />}</Show>
        <p class="about-name"><bdi>{model.title(place())}</bdi></p>
        <p class="about-login"><bdi>{person() === null ? w.members(conversation()?.size ?? 0) : handle(person()!)}</bdi></p>
        <Show when={presenceText(presence(), model.now())}>{(text) => <p class="about-presence">{text()}</p>}</Show>
      </div>
      <div class="about-actions">
        <Show when={!isShown()}>
          <Action icon="message" label={w.message} onClick={() => (props.onClose(), go({ page: "conversation", place: place() }))} />
        </Show>
        <Show when={conversation() !== null}>
          <Action icon="search" label={w.search} onClick={() => showAbout(props.place, "search")} />
        </Show>
        <Show when={conversation() !== null}>
          <Action icon={isMuted() ? "bell" : "bell-off"} label={isMuted() ? w.unmute : w.mute} onClick={() => toggleMuted(model, place())} />
        </Show>
      </div>
    </Dialog>
  );
}

function Action(props: { icon: IconName; label: string; onClick(): void }): JSX.Element {
  return (
    <button type="button" class="about-action" onClick={() => props.onClick()}>
      <Icon name={props.icon} />
      <span>{props.label}</span>
    </button>
  );
}
