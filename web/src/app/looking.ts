/**
 * Which conversation the user looks at, in whichever tab.
 *
 * Promises: a conversation counts only while its tab is visible and has the focus; a tab that closes
 * looks at nothing.
 */
import { createEffect, createSignal, onCleanup } from "solid-js";

const CHANNEL = "hongyan.looking";

/** Tells the other tabs what this one shows; answers whether any tab looks at a place. */
export function createLooking(account: string, shown: () => string | null): (key: string) => boolean {
  const own = Math.random().toString(36).slice(2);
  const others = new Map<string, string>();
  const [hasFocus, setFocus] = createSignal(isFocused());
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`${CHANNEL}.${account}`);
  const looked = () => (hasFocus() ? shown() : null);
  const tell = (key: string | null) => channel?.postMessage({ tab: own, key });

  const update = () => setFocus(isFocused());
  const leave = () => tell(null);
  for (const name of EVENTS) window.addEventListener(name, update);
  window.addEventListener("pagehide", leave);
  if (channel !== null) {
    channel.onmessage = ({ data }: MessageEvent<{ tab: string; key: string | null }>) => {
      if (data.key === null) others.delete(data.tab);
      else others.set(data.tab, data.key);
    };
  }
  createEffect(() => tell(looked()));
  onCleanup(() => {
    leave();
    for (const name of EVENTS) window.removeEventListener(name, update);
    window.removeEventListener("pagehide", leave);
    channel?.close();
  });
  return (key) => looked() === key || [...others.values()].includes(key);
}

const EVENTS = ["focus", "blur", "pageshow"] as const;

function isFocused(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}
