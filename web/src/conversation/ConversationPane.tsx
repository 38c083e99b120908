/**
 * One conversation: header, messages, composer.
 *
 * Owns: what the actions on a message do. Promises: opens within a frame or two from what is kept on
 * the device; going back to one that was looked at lately shows it where it was left. Not here: which
 * conversation is shown (`app`).
 */
import { createComputed, createEffect, createMemo, createSignal, lazy, on, onCleanup, Show, Suspense, untrack } from "solid-js";
import type { JSX } from "solid-js";
import { panel, showPanel } from "../app/about.ts";
import { announce } from "../app/announce.ts";
import { conversationIs } from "../app/composer.ts";
import { errorText } from "../app/errors.ts";
import { formatStamp } from "../i18n/index.ts";
import { closedText, isAdmin } from "../group/closed.ts";
import { draftKey } from "../model/keys.ts";
import type { Place } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import { clock, createCountdown } from "../ui/countdown.ts";
import { ask } from "../ui/index.ts";
import { Composer } from "./composer/Composer.tsx";
import type { ComposerHandle } from "./composer/Composer.tsx";
import { remember } from "./composer/emoji-recent.ts";
import "./conversation.css";
import "./composer/composer.css";
import "./list/message.css";
import { MOST_MESSAGES } from "./forward.ts";
import { Header } from "./Header.tsx";
import { canEdit } from "./list/actions.ts";
import type { MessageActions } from "./list/actions.ts";
import { MessageList } from "./list/MessageList.tsx";
import { Readers } from "./list/Readers.tsx";
import { makeRows } from "./log/rows.ts";
import type { MessageRow } from "./log/rows.ts";
import { createAttention } from "./log/attention.ts";
import { createMentionJumps } from "./log/mention-jumps.ts";
import { viewsOf } from "./log/views.ts";
import { PinnedBar } from "./PinnedBar.tsx";
import { createSelection } from "./selection.ts";
import type { Selected } from "./selection.ts";
import { SelectionBar } from "./SelectionBar.tsx";
import { w } from "./words.ts";

const EmojiPicker = lazy(async () => ({ default: (await import("./composer/EmojiPicker.tsx")).EmojiPicker }));
const Reactors = lazy(async () => ({ default: (await import("./list/Reactors.tsx")).Reactors }));
const ForwardTo = lazy(async () => ({ default: (await import("./ForwardTo.tsx")).ForwardTo }));
const GroupPanel = lazy(async () => ({ default: (await import("../group/GroupPanel.tsx")).GroupPanel }));

/** Before this, one is not told how long one may not write yet: when it ends is enough, in ms. */
const HOUR_MS = 3_600_000;

export interface ConversationPaneProps {
  place: Place;
  /** Jump to this seq. */
  at?: number;
  onBack(): void;
}

/** One conversation. `place` may change; so may `at`. */
export function ConversationPane(props: ConversationPaneProps): JSX.Element {
  const key = createMemo(() => draftKey(props.place));
  return <Show when={key()} keyed>{(_) => <Pane {...props} />}</Show>;
}

function Pane(props: ConversationPaneProps): JSX.Element {
  const model = useModel();
  const place = untrack(() => props.place);
  const views = viewsOf(model);
  const view = views.show(place);
  onCleanup(() => views.leave(place));
  const conversation = () => model.conversation(place);
  const conv = createMemo(() => conversation()?.conv ?? null);
  const attentive = createAttention();
  const isGroup = createMemo(() => (conversation()?.kind ?? "direct") !== "direct");
  // The message whose readers are shown.
  const [asked, setAsked] = createSignal<number | null>(null);
  // The message for which an emoji is looked for; and the one of which it is told who reacted.
  const [picking, setPicking] = createSignal<{ row: MessageRow; at: { x: number; y: number } } | null>(null);
  const [reactors, setReactors] = createSignal<{ seq: number; value: string } | null>(null);
  const selection = createSelection(MOST_MESSAGES);
  // What is about to be forwarded.
  const [forwarded, setForwarded] = createSignal<readonly Selected[] | null>(null);
  const noComposer: ComposerHandle = { focus() {}, complain() {} };
  let composer = noComposer;
  const mutedFor = createCountdown(() => conversation()?.group?.muted_until ?? 0, HOUR_MS);
  const closed = createMemo(() => (mutedFor(), closedText(conversation(), Date.now())));
  const isNearlyOpen = () => mutedFor() > 0 && mutedFor() <= HOUR_MS && conversation()?.group?.post === "all";
  createEffect(on([closed, selection.isOn], ([why, isSelecting]) => {
    if (why !== null || isSelecting) composer = noComposer;
  }));
  onCleanup(() => showPanel(null));
  let list: { turn(pages: number): void } = { turn() {} };
  const jumps = createMentionJumps(model.client, conversation, (seq) => void view.log.goTo(seq));
  const mentions = { ...jumps, next: () => jumps.next().catch((error: unknown) => (announce(errorText(error)), false)) };
  conversationIs({ focus: () => composer.focus(), leave: leaveSelection, nextMention: () => void mentions.next(), turn: (pages) => list.turn(pages), takeFiles: () => composer.complain(w.noFiles) });

  // Before the pane is drawn, so that what is kept is read meanwhile.
  createComputed(on([conv, () => props.at], ([now, at], before) => {
    if (now === null) return;
    // Asked to show what is shown already: nothing to do, unless there is a place to go to.
    if (at === undefined && before !== undefined && before[0] === now) return untrack(() => view.log.dismiss());
    void untrack(() => view.log.open(at));
  }));

  // Who has not spoken with one is not told of one's new name, and what is told may be lost: who is looked at is asked
  // about when one comes back, and now and then.
  createEffect(() => {
    model.now();
    if ("to" in place && attentive() && model.connection().kind === "online") untrack(() => model.refresh(place.to));
  });

  // What stands beside its messages is told as it changes.
  createEffect(() => model.client.watch(attentive() ? conv() : null));
  onCleanup(() => model.client.watch(null));

  // What was told before the pane was there shows in the list only: the log has to be as long as that says.
  createEffect(on([() => conversation()?.held, () => conversation()?.head], () => untrack(() => view.log.resume()), { defer: true }));

  async function recall(seq: number, text: string, own = true): Promise<void> {
    if (conv() === null || !(await ask({ title: w.recallTitle, text: w.recallText, action: w.recall, isDanger: true }))) return;
    if (own) view.composing.rememberRecalled(seq, text);
    model.client.recall(conv()!, seq).sent.catch(() => {
      // The message says so where it stands.
    });
  }
  const actions: MessageActions = {
    get canWrite() {
      return closed() === null;
    },
    get canRecall() {
      return conversation()?.left !== true;
    },
    get canRecallOthers() {
      const role = conversation()?.group?.role;
      return conversation()?.left !== true && (role === "owner" || role === "admin");
    },
    reply: (row) => row.seq !== null && view.composing.reply(row.seq),
    copy: (row) => void copy(row.text ?? ""),
    forward: (row) => setForwarded([selectedOf(row)]),
    select: (row) => void (selection.toggle(selectedOf(row)) || announce(w.tooManySelected(MOST_MESSAGES))),
    edit: (row) => row.seq !== null && view.composing.edit(row.seq, row.text ?? ""),
    recall: (row) => void (row.seq !== null && recall(row.seq, row.text ?? "", row.own)),
    again(row) {
      const text = row.seq === null ? undefined : view.composing.recalledText(row.seq);
      if (text === undefined) return;
      view.composing.setEditAside();
      const before = view.composing.waiting().text;
      view.composing.put(before === "" ? text : `${before}\n${text}`);
      composer.focus();
    },
    isPinned(row) {
      const now = conversation();
      const mayPin = now?.left !== true && (now?.kind === "direct" || now?.group?.pin === "all" || isAdmin(now?.group?.role));
      return mayPin ? now?.pins?.includes(row.seq!) === true : null;
    },
    pin(row, isOn) {
      const done = isOn ? model.client.pin(conv()!, row.seq!) : model.client.unpin(conv()!, row.seq!);
      done.catch((error: unknown) => announce(errorText(error)));
    },
    get canReact() {
      return conversation()?.left !== true;
    },
    react(row, value, isOn) {
      if (isOn) remember(value, "reactions");
      model.client.react(conv()!, row.seq!, value, isOn).catch((error: unknown) => announce(errorText(error)));
    },
    otherReaction: (row, at) => void setPicking({ row, at }),
    reactors: (row, value) => void setReactors({ seq: row.seq!, value }),
    get readers() {
      return isGroup() && conversation()?.left !== true ? (row: MessageRow) => void setAsked(row.seq) : null;
    },
    resend: (clientId) => void model.client.resend(clientId),
    discard: (clientId) => void model.client.discard(clientId),
  };
  function leaveSelection(): boolean {
    const wasOn = selection.isOn();
    selection.end();
    if (wasOn) queueMicrotask(() => composer.focus());
    return wasOn;
  }
  /** As they stand now, without those that were recalled meanwhile. */
  function selectedNow(): Selected[] {
    const messages = view.log.window()?.messages ?? [];
    return selection.all().flatMap((one) => {
      const entry = messages.find(({ seq }) => seq === one.seq);
      if (entry?.recalled_by !== undefined) return [];
      return [{ ...one, text: entry?.body?.text ?? one.text }];
    });
  }
  function copySelected(): void {
    const said = selectedNow().map(({ from, at, text }) => w.quotation(model.shownName(model.profile(from)), formatStamp(at), text));
    void copy(said.join("\n\n"));
    leaveSelection();
  }
  function ownMessages(): MessageRow[] {
    const rows = makeRows({
      me: model.me()?.id ?? 0, messages: view.log.window()?.messages ?? [], outgoing: view.log.outgoing(),
      atEnd: view.log.atEnd(), newFrom: null,
    }, new Map());
    return [...rows.values()].filter((row): row is MessageRow => row.kind === "message" && canEdit(row));
  }

  return (
    <div class="pane-and-side">
    <section class="pane" aria-label={w.conversationWith(model.title(place))}>
      <Header place={place} isGroup={isGroup()} onBack={() => props.onBack()} />
      <Show when={conversation()?.pins}>{(pins) => <PinnedBar pins={pins()} view={view} onJump={(seq) => void view.log.goTo(seq)} />}</Show>
      <MessageList place={place} view={view} conversation={conversation} isGroup={isGroup()} actions={actions} selection={selection} mentions={mentions} ref={(handle) => (list = handle)} onLeave={() => leaveSelection() || composer.focus()} />
      <Show when={selection.isOn()}>
        <SelectionBar count={selection.all().length} onForward={() => setForwarded(selectedNow())} onCopy={copySelected} onEnd={leaveSelection} />
      </Show>
      <Show when={closed() !== null && !selection.isOn()}>
        <div class="composer-closed">
          <p role="status">{closed()}</p>
          <Show when={isNearlyOpen()}><p class="composer-left" aria-hidden="true">{w.closedFor(clock(mutedFor()))}</p></Show>
        </div>
      </Show>
      <Show when={closed() === null && !selection.isOn()}>
        <Composer
          place={place}
          title={model.title(place)}
          view={view}
          ref={(handle) => (composer = handle)}
          onEditLast={() => {
            const last = ownMessages().at(-1);
            if (last !== undefined) actions.edit(last);
          }}
          onRecall={(seq) => void recall(seq, textAt(seq))}
        />
      </Show>
      <Suspense>
        <Show when={picking()} keyed>
          {({ row, at }) => <EmojiPicker anchor={at} onPick={(emoji) => actions.react(row, emoji, true)} onClose={() => setPicking(null)} />}
        </Show>
        <Show when={reactors()}>
          {(one) => <Reactors conv={conv()!} seq={one().seq} value={one().value} reactions={view.reactions.of(one().seq)} onClose={() => setReactors(null)} />}
        </Show>
      </Suspense>
      <Show when={asked() !== null && conversation()}>
        {(now) => <Readers conversation={now()} seq={asked()!} onClose={() => setAsked(null)} />}
      </Show>
    </section>
    <Show when={forwarded()}>
      {(messages) => (
        <Suspense>
          <ForwardTo messages={messages()} onDone={() => (setForwarded(null), selection.end())} onClose={() => setForwarded(null)} />
        </Suspense>
      )}
    </Show>
    <Show when={isGroup() && conv() !== null && panel() === conv()}>
      <Suspense><GroupPanel conv={conv()!} onClose={() => showPanel(null)} /></Suspense>
    </Show>
    </div>
  );

  function textAt(seq: number): string {
    return view.log.window()?.messages.find((message) => message.seq === seq)?.body?.text ?? "";
  }
}

function selectedOf({ seq, from, at, text, origin }: MessageRow): Selected {
  return { seq: seq!, from, at, text: text ?? "", origin };
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    announce(w.copied);
  } catch {
    announce(w.copyFailed);
  }
}
