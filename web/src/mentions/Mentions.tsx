/** Where the user was mentioned, over all conversations. */
import { createEffect, createMemo, For, on, Show, untrack } from "solid-js";
import type { JSX } from "solid-js";
import type { Entry } from "@hongyan/client";
import { errorText } from "../app/errors.ts";
import { format, go } from "../app/route.ts";
import type { Route } from "../app/route.ts";
import { formatFull, formatShort } from "../i18n/index.ts";
import { moveFocus } from "../list/Rows.tsx";
import { useModel } from "../model/model.ts";
import { Page } from "../settings/Page.tsx";
import { ALL_NAMES } from "../text/mention.ts";
import { snippet } from "../text/snippet.ts";
import { Avatar, Icon } from "../ui/index.ts";
import "./mentions.css";
import { createMentions } from "./source.ts";
import { w } from "./words.ts";

/** Of a message, in characters. */
const LONGEST = 280;

export function Mentions(props: { onBack(): void }): JSX.Element {
  const model = useModel();
  const mentions = createMentions(model);
  const isEmpty = () => mentions.all().length === 0 && !mentions.isMore();
  // At the beginning, and where a page could not be had, again when there is a connection.
  createEffect(on(() => model.connection().kind === "online", (isOnline) => {
    if (isOnline && untrack(mentions.all).length === 0) void mentions.more();
  }));
  return (
    <Page title={w.title} onBack={props.onBack}>
      <Show when={!isEmpty()} fallback={<Empty />}>
        <ol class="mentions" aria-label={w.list} onKeyDown={moveFocus}>
          <For each={mentions.all()}>{(entry) => <li><Mention entry={entry} /></li>}</For>
        </ol>
        <p class="mentions-note" role="status">
          <Show when={mentions.isLoading()}>{w.loading}</Show>
          <Show when={!mentions.isLoading() && mentions.problem() !== null}>{errorText(mentions.problem())}</Show>
        </p>
        <Show when={mentions.isMore() && !mentions.isLoading() && (mentions.all().length > 0 || mentions.problem() !== null)}>
          <button type="button" class="button button-quiet mentions-more" onClick={() => void mentions.more()}>
            {mentions.problem() === null ? w.more : w.retry}
          </button>
        </Show>
      </Show>
    </Page>
  );
}

function Mention(props: { entry: Entry }): JSX.Element {
  const model = useModel();
  const { entry } = props;
  const conversation = () => model.conversation({ conv: entry.conv });
  const place = () => model.canonical({ conv: entry.conv });
  const isUnread = () => entry.seq > (conversation()?.me.read ?? 0);
  const author = () => model.shownName(model.profile(entry.from));
  const isOneOfMany = () => "conv" in place();
  const to: Route = { page: "conversation", place: { conv: entry.conv }, at: entry.seq };
  const text = createMemo(() => (entry.body?.text === undefined ? w.unknown : snippet(entry.body.text, LONGEST)));
  const pieces = createMemo(() => around(text(), [model.me()?.name ?? "", ...(entry.mentions_all === true ? ALL_NAMES : [])]));
  return (
    <a
      class="mention-line" classList={{ "mention-unread": isUnread() }} href={format(to)}
      onClick={(event) => {
        if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        go(to);
      }}
    >
      <Avatar id={entry.from} name={author()} />
      <span class="mention-body">
        <span class="mention-head">
          <bdi class="mention-author">{author()}</bdi>
          <Show when={isOneOfMany()}><bdi class="mention-where">{model.title(place())}</bdi></Show>
          {" "}
          <time class="mention-time" title={formatFull(entry.at)}>{formatShort(entry.at, model.now())}</time>
          <Show when={isUnread()}><span class="mention-dot" role="img" aria-label={w.unread} /></Show>
        </span>{" "}
        <span class="mention-text" dir="auto">
          <For each={pieces()}>{(piece, at) => (at() % 2 === 1 ? <mark class="mention-me">{piece}</mark> : piece)}</For>
        </span>
      </span>
    </a>
  );
}

/** What stands before, in and behind each at sign with one of the names: every second one is it. */
function around(text: string, names: readonly string[]): string[] {
  const name = names.find((one) => one !== "" && text.includes(`@${one}`));
  return name === undefined ? [text] : text.split(`@${name}`).flatMap((piece, at) => (at === 0 ? [piece] : [`@${name}`, piece]));
}

function Empty(): JSX.Element {
  return (
    <div class="mentions-empty">
      <Icon name="at" class="mentions-sign" />
      <p class="mentions-empty-title">{w.emptyTitle}</p>
      <p>{w.emptyText}</p>
    </div>
  );
}
