/**
 * A dialog over the page.
 *
 * Promises: the focus goes in, stays in, and returns to where it was; Esc and a click beside it close.
 */
import { createUniqueId, onCleanup, onMount, Show } from "solid-js";
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

/** Open as long as it is mounted. */
export function Dialog(props: DialogProps): JSX.Element {
  let dialog!: HTMLDialogElement;
  const titleId = createUniqueId();
  const before = document.activeElement;
  onMount(() => dialog.showModal());
  onCleanup(() => {
    dialog.close();
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  });
  return (
    <dialog
      ref={dialog}
      class={`dialog ${props.class ?? ""}`}
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
