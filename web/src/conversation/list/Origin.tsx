/** Where a message comes from, if not from its sender's own hand. */
import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { showAbout } from "../../app/about.ts";
import { useModel } from "../../model/model.ts";
import { Icon } from "../../ui/index.ts";
import { originOf } from "../forward.ts";
import { w } from "../words.ts";

export function Origin(props: { origin: string }): JSX.Element {
  const model = useModel();
  const origin = () => originOf(props.origin)!;
  const user = () => {
    const from = origin();
    return "user" in from ? from.user : null;
  };
  const name = () => (user() === model.me()?.id ? w.forwardedYou : model.shownName(model.profile(user()!)));
  return (
    <p class="message-origin">
      <Show when={user() !== null} fallback={<bdi class="message-origin-name">{w.via(props.origin)}</bdi>}>
        <Icon name="forward" />
        <span>{w.forwardedFrom}</span>
        <button type="button" class="message-origin-who" onClick={() => showAbout({ to: user()! })}><bdi>{name()}</bdi></button>
      </Show>
    </p>
  );
}
