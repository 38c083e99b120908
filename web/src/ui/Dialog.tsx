/**
 * A dialog over the page.
 *
 * Promises: the focus goes in, stays in, and returns to where it was; Esc and a click beside it close.
 */
import { createContext, createUniqueId, onCleanup, onMount, Show, useContext } from "solid-js";
import type { JSX } from "solid-js";
import { IconButton } from "./IconButton.tsx";
import { w } from "./words.ts";

export interface DialogProps {
  title: string;
  /** The title is for screen readers only. */
  hideTitle?: boolean;
  onClose(): void;
  class?: string;
  children: JSX.Element;
}

/** Whether dialogs stand in the page, among others, rather than over it: for who looks at them. */
export const InPlace = createContext(false);

/** Open as long as it is mounted. */
export function Dialog(props: DialogProps): JSX.Element {
  const isInPlace = useContext(InPlace);
  let dialog!: HTMLDialogElement;
  const titleId = createUniqueId();
  const before = document.activeElement;
  onMount(() => (isInPlace ? dialog.setAttribute("open", "") : dialog.showModal()));
  onCleanup(() => {
    dialog.close();
    if (!isInPlace && before instanceof HTMLElement && before.isConnected) {
      // Chromium has put the focus there already, but the caret stayed in the dialog: nothing could be typed.
      before.blur();
      before.focus();
    }
  });
  return (
    <dialog
      ref={dialog}
      class={`dialog ${isInPlace ? "dialog-in-place" : ""} ${props.class ?? ""}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onPointerDown={(event) => event.target === dialog && props.onClose()}
    >
      <div class="dialog-box">
        <Show when={!props.hideTitle} fallback={<h2 id={titleId} class="unseen">{props.title}</h2>}>
          <header class="dialog-header">
            <h2 id={titleId} class="dialog-title">{props.title}</h2>
            <IconButton icon="close" label={w.close} onClick={() => props.onClose()} />
          </header>
        </Show>
        {props.children}
      </div>
    </dialog>
  );
}
