/**
 * The service worker, as the page sees it.
 *
 * Promises: a new version waits until the user wants it, so that nothing changes under their hands.
 * Not here: what is cached (`../worker`).
 */
import { createSignal } from "solid-js";

const [waiting, setWaiting] = createSignal<ServiceWorker | null>(null);

/** Whether a new version is there. Reactive. */
export const isUpdateReady = () => waiting() !== null;

/** An hour: a page that stays open for days hears of a new version too. */
const CHECK_MS = 3_600_000;

const RELOADED = "hongyan.reloaded";

/** Registers the worker. Without one the app works the same, but needs the network to open. */
export async function watchForUpdates(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  try {
    const registration = await navigator.serviceWorker.register("/service-worker.js");
    const look = () => {
      // Without a controller this is the first version, not a newer one.
      if (registration.waiting !== null && navigator.serviceWorker.controller !== null) setWaiting(registration.waiting);
    };
    look();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", look);
    });
    setInterval(() => void registration.update().catch(() => {}), CHECK_MS);
  } catch (error) {
    console.warn("no service worker", error);
  }
}

/**
 * Another tab let a new version take over, and a part of this one's code is gone with the old. Loads
 * the page anew, once: drafts and unsent messages are kept.
 */
export function reloadWhenOutdated(): void {
  window.addEventListener("vite:preloadError", (event) => {
    if (sessionStorage.getItem(RELOADED) !== null) return;
    sessionStorage.setItem(RELOADED, "1");
    event.preventDefault();
    location.reload();
  });
}

/** Lets the new version take over, and loads it. */
export function update(): void {
  const worker = waiting();
  if (worker === null) return;
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  worker.postMessage("take over");
}
