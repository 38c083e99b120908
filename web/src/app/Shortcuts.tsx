/** Listens to the keyboard, and shows what it opens. */
import { createSignal, For, lazy, Match, onCleanup, onMount, Suspense, Switch } from "solid-js";
import type { JSX } from "solid-js";
import { draftKey } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import type { Row } from "../model/model.ts";
import { Dialog } from "../ui/index.ts";
import { shownConversation } from "./composer.ts";
import { back, go, route, routeOf } from "./route.ts";
import { alternative, commandOf, isApple, modifier, step } from "./shortcuts.ts";
import type { Command } from "./shortcuts.ts";
import { typingOf } from "./typing.ts";
import type { Place } from "./typing.ts";
import { w } from "./words.ts";

const Switcher = lazy(async () => ({ default: (await import("../list/Switcher.tsx")).Switcher }));
const NewGroup = lazy(async () => ({ default: (await import("../group/NewGroup.tsx")).NewGroup }));
const PersonPicker = lazy(async () => ({ default: (await import("../list/PersonPicker.tsx")).PersonPicker }));

type Dialogs = "switcher" | "person" | "group" | "help";

const [shown, setShown] = createSignal<Dialogs | null>(null);

/** Opens one of the app's dialogs. */
export function show(dialog: Dialogs): void {
  setShown(dialog);
}

export function Shortcuts(): JSX.Element {
  const model = useModel();
  const close = () => setShown(null);

  function move(direction: 1 | -1, isWanted?: (row: Row) => boolean): void {
    const rows = model.rows();
    const at = route();
    const key = at.page === "conversation" ? draftKey(model.canonical(at.place)) : null;
    const row = step(rows, rows.findIndex((one) => one.key === key), direction, isWanted);
    if (row !== null) go(routeOf(row));
  }
  const isUnread = (row: Row) => (row.unread > 0 || row.isMarked) && !row.isMuted;
  const run: Record<Command, () => void> = {
    switcher: () => setShown("switcher"),
    help: () => setShown("help"),
    previous: () => move(-1),
    next: () => move(1),
    previousUnread: () => move(-1, isUnread),
    nextUnread: () => move(1, isUnread),
    mention: () => shownConversation()?.nextMention(),
    mentions: () => go({ page: "mentions" }),
    escape() {
      const { page } = route();
      if (shownConversation()?.leave() === true) return;
      if (page === "conversation" || page === "home") shownConversation()?.focus();
      // Out of a field first: what is typed there must not be gone with one key.
      else if (document.activeElement instanceof HTMLInputElement) document.getElementById("main")?.focus();
      else back();
    },
  };
  function onKeyDown(event: KeyboardEvent): void {
    // Above an open dialog or menu, keys are its own.
    if (document.querySelector("dialog[open], [popover]:popover-open") !== null) return;
    const command = commandOf(event);
    if (command === null) return type(event);
    event.preventDefault();
    run[command]();
  }
  onMount(() => document.addEventListener("keydown", onKeyDown));
  onCleanup(() => document.removeEventListener("keydown", onKeyDown));

  return (
    <Suspense>
      <Switch>
        <Match when={shown() === "switcher"}><Switcher onClose={close} /></Match>
        <Match when={shown() === "person"}><PersonPicker onClose={close} /></Match>
        <Match when={shown() === "group"}><NewGroup onClose={close} /></Match>
        <Match when={shown() === "help"}><Help onClose={close} /></Match>
      </Switch>
    </Suspense>
  );
}

/** What means the conversation that shows, wherever the focus is. */
function type(event: KeyboardEvent): void {
  const conversation = shownConversation();
  if (conversation === null) return;
  const typing = typingOf(event, placeOf(event.target), event.getModifierState("AltGraph"), isApple);
  // The letter is on its way to wherever the focus is by then.
  if (typing === "write") conversation.focus();
  if (typing !== "pageUp" && typing !== "pageDown") return;
  event.preventDefault();
  conversation.turn(typing === "pageUp" ? -1 : 1);
}

function placeOf(target: EventTarget | null): Place {
  const at = target instanceof HTMLElement ? target : document.body;
  const isBox = at.matches("textarea");
  return {
    isField: isBox || at.matches("input, select") || at.isContentEditable,
    isShortBox: isBox && at.scrollHeight <= at.clientHeight + 1,
    isInLog: at.closest("[role=feed]") !== null,
  };
}

function Help(props: { onClose(): void }): JSX.Element {
  const keys = (): [string, string][] => [
    [`${modifier}+K`, w.keySwitcher],
    [`${alternative}+↑`, w.keyPrevious],
    [`${alternative}+↓`, w.keyNext],
    [`${alternative}+Shift+↑`, w.keyPreviousUnread],
    [`${alternative}+Shift+↓`, w.keyNextUnread],
    [`${alternative}+M`, w.keyNextMention],
    [`${alternative}+Shift+M`, w.keyMentions],
    ["Enter", w.keySend],
    ["Shift+Enter", w.keyNewline],
    [":heart", w.keyEmoji],
    ["@", w.keyMention],
    ["↑", w.keyEditLast],
    ["PageUp, PageDown", w.keyPages],
    ["Esc", w.keyEscape],
    [`${modifier}+/`, w.keyHelp],
  ];
  return (
    <Dialog title={w.shortcuts} onClose={props.onClose}>
      <dl class="shortcuts-list" tabindex="0">
        <For each={keys()}>
          {([key, text]) => (
            <div class="shortcuts-item">
              <dt>{text}</dt>
              <dd class="shortcuts-keys"><kbd>{key}</kbd></dd>
            </div>
          )}
        </For>
      </dl>
    </Dialog>
  );
}
