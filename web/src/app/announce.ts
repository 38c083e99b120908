/** What screen readers are told beside what is shown. */
import { createSignal } from "solid-js";

const [announcement, setAnnouncement] = createSignal("", { equals: false });

/** What was said last. The layout holds the live region that reads it. */
export { announcement };

/** Says a sentence, when the reader comes to it. Say little: each call may cut off the one before. */
export function announce(text: string): void {
  setAnnouncement(text);
}
