/** Listens to the keyboard, and shows what it opens. */
import { createSignal, For, lazy, Match, onCleanup, onMount, Suspense, Switch } from "solid-js";
import type { JSX } from "solid-js";
import { draftKey } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import type { Row } from "../model/model.ts";
import { Dialog } from "../ui/index.ts";
import { focusComposer } from "./composer.ts";
import { back, go, route, routeOf } from "./route.ts";
import { alternative, commandOf, modifier, step } from "./shortcuts.ts";
import type { Command } from "./shortcuts.ts";
import { w } from "./words.ts";

const Switcher = lazy(async () => ({ default: (await import("../list/Switcher.tsx")).Switcher }));
const PersonPicker = lazy(async () => ({ default: (await import("../list/PersonPicker.tsx")).PersonPicker }));

type Dialogs = "switcher" | "person" | "help";

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
  const isUnread = (row: Row) => row.unread > 0 && !row.isMuted;
  const run: Record<Command, () => void> = {
    switcher: () => setShown("switcher"),
    help: () => setShown("help"),
    previous: () => move(-1),
    next: () => move(1),
    previousUnread: () => move(-1, isUnread),
    nextUnread: () => move(1, isUnread),
    escape() {
      const { page } = route();
      if (page !== "settings" && page !== "debug") focusComposer();
      // Out of a field first: what is typed there must not be gone with one key.
      else if (document.activeElement instanceof HTMLInputElement) document.getElementById("main")?.focus();
      else back();
    },
  };
  function onKeyDown(event: KeyboardEvent): void {
    const command = commandOf(event);
    // Above an open dialog or menu, keys are its own.
    if (command === null || document.querySelector("dialog[open], [popover]:popover-open") !== null) return;
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
        <Match when={shown() === "help"}><Help onClose={close} /></Match>
      </Switch>
    </Suspense>
  );
}

function Help(props: { onClose(): void }): JSX.Element {
  const keys = (): [string, string][] => [
    [`${modifier}+K`, w.keySwitcher],
    [`${alternative}+↑`, w.keyPrevious],
    [`${alternative}+↓`, w.keyNext],
    [`${alternative}+Shift+↑`, w.keyPreviousUnread],
    [`${alternative}+Shift+↓`, w.keyNextUnread],
    ["Enter", w.keySend],
    ["Shift+Enter", w.keyNewline],
    [":heart", w.keyEmoji],
    ["↑", w.keyEditLast],
    ["Esc", w.keyEscape],
    [`${modifier}+/`, w.keyHelp],
  ];
  return (
    <Dialog title={w.shortcuts} onClose={props.onClose}>
      <dl class="shortcuts-list">
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
