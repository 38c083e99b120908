/**
 * Files and links that are dropped on the page.
 *
 * Promises: the browser never opens one in place of the app; where a conversation shows, it is told. What is dropped into
 * a text field, and is no file, goes there. Not here: what is pasted (the message box).
 */
import { createSignal } from "solid-js";
import { shownConversation } from "./composer.ts";
import { session } from "./session.ts";

const [isRefused, setRefused] = createSignal(false);

/** Whether files were dropped where nothing else could say that they cannot be sent. Reactive. */
export const areFilesRefused = isRefused;

export function dismissFiles(): void {
  setRefused(false);
}

/** Call it once. */
export function catchDropped(): void {
  const over = (event: DragEvent): void => {
    if (isField(event.target) && !hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = hasFiles(event) ? "copy" : "none";
  };
  window.addEventListener("dragenter", over);
  window.addEventListener("dragover", over);
  window.addEventListener("drop", (event) => {
    if (isField(event.target) && !hasFiles(event)) return;
    event.preventDefault();
    if (!hasFiles(event)) return;
    const conversation = shownConversation();
    if (conversation !== null) conversation.takeFiles();
    else if (session().kind === "open") setRefused(true);
  });
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") === true;
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("textarea, input");
}
