/** Somebody whom a message mentions. Promises: one's own name stands out from those of others; a click tells more of them. */
import type { JSX } from "solid-js";
import { showAbout } from "../../app/about.ts";
import { format } from "../../app/route.ts";
import { useModel } from "../../model/model.ts";
import type { Model } from "../../model/model.ts";
import type { Named } from "../../text/mention.ts";

/** The names that stand behind at signs in a message that mentions these users. Reactive. */
export function namedIn(model: Model, users: readonly number[]): readonly Named[] | undefined {
  return users.length === 0 ? undefined : users.map((user) => ({ user, name: model.profile(user).name }));
}

export function Mention(props: { user: number; text: string }): JSX.Element {
  const model = useModel();
  const isSelf = () => props.user === model.me()?.id;
  return (
    <a
      class="mention" classList={{ "mention-self": isSelf() }}
      href={format({ page: "conversation", place: { to: props.user } })}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        showAbout({ to: props.user });
      }}
    >
      <bdi>{props.text}</bdi>
    </a>
  );
}
