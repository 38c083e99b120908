/** Somebody whom a message mentions. Promises: one's own name stands out from those of others; a click tells more of them. */
import type { JSX } from "solid-js";
import { showAbout } from "../../app/about.ts";
import { format } from "../../app/route.ts";
import { useModel } from "../../model/model.ts";
import type { Model } from "../../model/model.ts";
import { ALL, ALL_NAMES } from "../../text/mention.ts";
import type { Named } from "../../text/mention.ts";

/** The names that stand behind at signs in a message that mentions these users, or all. Reactive. */
export function namedIn(model: Model, users: readonly number[], isAll: boolean): readonly Named[] | undefined {
  const named = users.map((user) => ({ user, name: model.profile(user).name }));
  const all = isAll ? [...named, ...ALL_NAMES.map((name) => ({ user: ALL, name }))] : named;
  return all.length === 0 ? undefined : all;
}

export function Mention(props: { user: number; text: string }): JSX.Element {
  // Oneself is among them; and there is nobody to tell more of.
  return props.user === ALL ? <bdi class="mention mention-self">{props.text}</bdi> : <Person {...props} />;
}

function Person(props: { user: number; text: string }): JSX.Element {
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
