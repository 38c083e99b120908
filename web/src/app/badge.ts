/** The number of unread messages, where the browser shows the app. */
import { createEffect, onCleanup, untrack } from "solid-js";
import { w } from "./words.ts";

const MOST = 9;
const MOST_IN_TITLE = 99;

/** The icon's file for a number. */
export function iconOf(unread: number): string {
  if (unread === 0) return "/icons/favicon.svg";
  return `/icons/favicon-${unread > MOST ? `${MOST}plus` : unread}.svg`;
}

/** `(3) Hongyan`. */
export function titleOf(unread: number, name: string): string {
  if (unread === 0) return name;
  return `(${unread > MOST_IN_TITLE ? `${MOST_IN_TITLE}+` : unread}) ${name}`;
}

/** Each of these is a message to another process: a burst of messages is one. */
const PAUSE_MS = 500;

/** Keeps title, icon and badge up to date as long as its owner lives. */
export function badge(unread: () => number): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const show = (): void => {
    timer = undefined;
    document.title = titleOf(untrack(unread), w.appName);
    const icon = document.getElementById("favicon");
    const href = iconOf(untrack(unread));
    if (icon?.getAttribute("href") !== href) icon?.setAttribute("href", href);
    // Where it is refused there is simply no badge.
    navigator.setAppBadge?.(untrack(unread)).catch(() => {});
  };
  createEffect(() => {
    void unread();
    void w.appName;
    timer ??= setTimeout(show, PAUSE_MS);
  });
  onCleanup(() => {
    clearTimeout(timer);
    document.getElementById("favicon")?.setAttribute("href", iconOf(0));
    navigator.clearAppBadge?.().catch(() => {});
  });
}
