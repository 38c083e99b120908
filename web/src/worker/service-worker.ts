/**
 * The service worker: the app opens without the network.
 *
 * Owns: a copy of the built files. Promises: they are of one version, all or none; a newer version
 * waits until the page lets it take over. Not here: messages, which the SDK keeps, and which of the
 * requests are the worker's (`plan`).
 */
import { keptAt, outdated, PREFIX } from "./plan.ts";

declare const self: ServiceWorkerGlobalScope;
/** The build writes in: the paths of its files, and a name for their content. */
declare const __FILES__: readonly string[];
declare const __BUILD__: string;

const CACHE = PREFIX + __BUILD__;
const FILES: ReadonlySet<string> = new Set(__FILES__);

self.addEventListener("install", (event) => {
  event.waitUntil(keepFiles());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers());
});

self.addEventListener("message", (event) => {
  if (event.data === "take over") event.waitUntil(self.skipWaiting());
});

self.addEventListener("fetch", (event) => {
  const path = keptAt(event.request, self.location.origin, FILES);
  if (path !== null) event.respondWith(answer(path, event.request));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const data: unknown = event.notification.data;
  const hash = typeof data === "object" && data !== null && "open" in data ? String(data.open) : "#/";
  event.waitUntil(open(hash));
});

async function keepFiles(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache, whose copy of the page may be an older one.
  await cache.addAll([...FILES].map((path) => new Request(path, { cache: "no-cache" })));
}

async function forgetOthers(): Promise<void> {
  await Promise.all(outdated(await caches.keys(), CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(path: string, request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

/** In a window that is open, else in a new one. */
async function open(hash: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const app = windows.find((window) => new URL(window.url).pathname === "/");
  if (app === undefined) {
    await self.clients.openWindow(`/${hash}`);
    return;
  }
  await app.focus();
  app.postMessage({ open: hash });
}
