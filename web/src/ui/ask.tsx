/** A question with two answers. The layout holds the host that shows it. */
import { createSignal, Show } from "solid-js";
import type { JSX } from "solid-js";
import { Dialog } from "./Dialog.tsx";
import { w } from "./words.ts";

export interface Question {
  title: string;
  text?: string;
  /** What the button that agrees says. */
  action: string;
  isDanger?: boolean;
}

const [open, setOpen] = createSignal<{ question: Question; answer(agreed: boolean): void } | null>(null);

/** Asks; true when the user agreed. */
export function ask(question: Question): Promise<boolean> {
  open()?.answer(false);
  return new Promise((answer) => setOpen({ question, answer }));
}

export function AskHost(): JSX.Element {
  const finish = (agreed: boolean) => {
    const asked = open();
    setOpen(null);
    asked?.answer(agreed);
  };
  return (
    <Show when={open()}>
      {(asked) => (
        <Dialog title={asked().question.title} onClose={() => finish(false)} class="ask">
          <Show when={asked().question.text}>{(text) => <p class="ask-text">{text()}</p>}</Show>
          <div class="dialog-actions">
            <button type="button" class="button" onClick={() => finish(false)}>{w.cancel}</button>
            <button
              type="button"
              class={`button ${asked().question.isDanger ? "button-danger" : "button-main"}`}
              onClick={() => finish(true)}
            >
              {asked().question.action}
            </button>
          </div>
        </Dialog>
      )}
    </Show>
  );
}
