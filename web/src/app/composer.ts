/** What the conversation that shows does when it is asked from elsewhere on the page. */
import { onCleanup } from "solid-js";

export interface ShownConversation {
  /** The keyboard goes to the message box. */
  focus(): void;
  /** Leaves what is under way in it; false: nothing is. */
  leave(): boolean;
  /** Scrolls the log by so many of its heights. */
  turn(pages: number): void;
  /** Goes to the next unread message that mentions the user, if there is one. */
  nextMention(): void;
  /** Files were dropped somewhere on the page. */
  takeFiles(): void;
}

let shown: ShownConversation | null = null;

/** The conversation that shows, as long as the caller's owner lives. */
export function conversationIs(one: ShownConversation): void {
  shown = one;
  onCleanup(() => {
    if (shown === one) shown = null;
  });
}

/** Null: no conversation shows. */
export function shownConversation(): ShownConversation | null {
  return shown;
}
