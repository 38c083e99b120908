// The app's files, as the server gives them out.

import { expect, test, ZHANG } from "../harness/fixtures.ts";

test("what never changes is kept for ever, all else is asked for each time", async ({ server }) => {
  const page = await fetch(server.url);
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const html = await page.text();
  const script = html.match(/src="(\/assets\/[^"]+\.js)"/)?.[1];
  expect(script, html).toBeDefined();
  const app = await fetch(server.url + script);
  expect(app.headers.get("cache-control")).toContain("immutable");
  expect(app.headers.get("content-type")).toBe("text/javascript; charset=utf-8");

  for (const [path, type] of [
    ["/service-worker.js", "text/javascript; charset=utf-8"],
    ["/manifest.webmanifest", "application/manifest+json"],
  ]) {
    const file = await fetch(server.url + path);
    expect(file.status, path).toBe(200);
    expect(file.headers.get("cache-control"), path).toBe("no-cache");
    expect(file.headers.get("content-type"), path).toBe(type);
  }
});

test("every icon that the manifest names is there", async ({ server }) => {
  const manifest = (await (await fetch(`${server.url}/manifest.webmanifest`)).json()) as { icons: { src: string; type: string }[] };
  expect(manifest.icons.length).toBeGreaterThan(0);
  for (const { src, type } of manifest.icons) {
    const icon = await fetch(new URL(src, server.url));
    expect(icon.status, src).toBe(200);
    expect(icon.headers.get("content-type"), src).toContain(type);
  }
});

test("the page comes compressed to whoever takes it so", async ({ server, request }) => {
  const plain = await request.get(server.url, { headers: { "accept-encoding": "identity" } });
  expect(plain.headers()["content-encoding"]).toBeUndefined();
  const brotli = await fetch(server.url, { headers: { "accept-encoding": "br" } });
  expect(brotli.headers.get("content-encoding")).toBe("br");
  expect(await brotli.text()).toBe(await plain.text());
  const zipped = await fetch(server.url, { headers: { "accept-encoding": "gzip" } });
  expect(zipped.headers.get("content-encoding")).toBe("gzip");
});

test("the browser would install it", async ({ browserFor }) => {
  const { page } = await browserFor(ZHANG);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  const browser = await page.context().newCDPSession(page);
  const { errors } = await browser.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const { installabilityErrors } = await browser.send("Page.getInstallabilityErrors");
  // A browser of a test keeps nothing, which is no fault of the app's.
  const faults = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  expect(faults).toEqual([]);
});
