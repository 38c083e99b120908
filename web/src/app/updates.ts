/**
 * The service worker, as the page sees it.
 *
 * Promises: a new version waits until the user wants it, so that nothing changes under their hands; wanted in one tab,
 * it is offered in the others, each of which goes on with the old one until it is loaded again.
 * Not here: what is cached (`../worker`).
 */
import { createSignal } from "solid-js";

/** A worker that waits for its turn, or has taken it at another tab's wish. */
const [newer, setNewer] = createSignal<ServiceWorker | null>(null);

/** Whether a new version is there. Reactive. */
export const isUpdateReady = () => newer() !== null;

/** An hour: a page that stays open for days hears of a new version too. */
const CHECK_MS = 3_600_000;
/** As long as a worker takes at most to take over. */
const TAKE_OVER_MS = 5_000;

const RELOADED = "hongyan.reloaded";
/** A part that is missing so soon after the page was loaded for that very reason will not come by loading it again. */
const AGAIN_MS = 60_000;

/** Registers the worker. Without one the app works the same, but needs the network to open. */
export async function watchForUpdates(): Promise<void> {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  try {
    // Without a controller the page is the server's, and as new as the worker that takes control of it.
    let isOld = navigator.serviceWorker.controller !== null;
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      if (isOld) setNewer(navigator.serviceWorker.controller);
      isOld = true;
    });
    const registration = await navigator.serviceWorker.register("/service-worker.js");
    const look = () => {
      if (registration.waiting !== null && navigator.serviceWorker.controller !== null) setNewer(registration.waiting);
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
    try {
      if (Date.now() - Number(sessionStorage.getItem(RELOADED)) < AGAIN_MS) return;
      sessionStorage.setItem(RELOADED, String(Date.now()));
    } catch {
      // Without a memory of it, it could go on for ever.
      return;
    }
    event.preventDefault();
    location.reload();
  });
}

/** Lets the new version take over, unless another tab did, and loads it. */
export function update(): void {
  const worker = newer();
  if (worker === null) return;
  const reload = () => location.reload();
  if (worker.state !== "installed") return reload();
  navigator.serviceWorker.addEventListener("controllerchange", reload, { once: true });
  setTimeout(reload, TAKE_OVER_MS);
  worker.postMessage("take over");
}
