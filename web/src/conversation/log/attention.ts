/** Whether somebody is likely to be looking: the page is visible and has the focus. */
import { createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";

/** Whether the page can be seen by whoever works with it, at this moment. */
export function isAttentive(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** The same, reactive while its owner lives. */
export function createAttention(): Accessor<boolean> {
  const [attentive, set] = createSignal(isAttentive());
  const look = () => set(isAttentive());
  const events = ["focus", "blur", "pageshow", "pagehide"] as const;
  for (const name of events) window.addEventListener(name, look);
  document.addEventListener("visibilitychange", look);
  onCleanup(() => {
    for (const name of events) window.removeEventListener(name, look);
    document.removeEventListener("visibilitychange", look);
  });
  return attentive;
}
