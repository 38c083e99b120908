/** What the next message is about, above the field: a message that it answers, or one that it changes. */
import { createMemo, Match, Show, Switch } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../../model/model.ts";
import { isolated } from "../../text/bidi.ts";
import { snippet } from "../../text/snippet.ts";
import { Icon, IconButton } from "../../ui/index.ts";
import { quoted, quoteText } from "../list/Quote.tsx";
import type { PlaceView } from "../log/views.ts";
import { w } from "../words.ts";

export function Aim(props: { view: PlaceView }): JSX.Element {
  const aim = () => props.view.composing.aim();
  const replyTo = () => {
    const now = aim();
    return now.kind === "message" ? now.replyTo : null;
  };
  const before = () => {
    const now = aim();
    return now.kind === "edit" ? now.before : null;
  };
  const cancel = () => props.view.composing.reset();
  return (
    <Switch>
      <Match when={before() !== null}><Chip icon="edit" title={w.editing} text={snippet(before()!)} onCancel={cancel} /></Match>
      <Match when={replyTo()}>{(seq) => <Reply view={props.view} seq={seq()} onCancel={cancel} />}</Match>
    </Switch>
  );
}

function Reply(props: { view: PlaceView; seq: number; onCancel(): void }): JSX.Element {
  const model = useModel();
  const entry = createMemo(() => {
    const found = quoted(props.view, props.seq);
    return found.kind === "found" ? found.entry : null;
  });
  const isOwn = () => entry()?.from === model.me()?.id;
  const name = () => (entry() === null ? "…" : isOwn() ? w.you : model.profile(entry()!.from).name);
  const text = () => (entry() === null ? "" : quoteText(entry()!, name(), isOwn()));
  return <Chip icon="reply" title={w.replyingTo(isolated(name()))} text={text()} onCancel={props.onCancel} />;
}

function Chip(props: { icon: "reply" | "edit"; title: string; text: string; onCancel(): void }): JSX.Element {
  return (
    <div class="composer-aim">
      <Icon name={props.icon} />
      <div class="composer-aim-words">
        <bdi class="composer-aim-title">{props.title}</bdi>
        <Show when={props.text !== ""}><span class="composer-aim-text" dir="auto">{props.text}</span></Show>
      </div>
      <IconButton icon="close" label={w.cancel} shortcut="Esc" onClick={() => props.onCancel()} />
    </div>
  );
}
