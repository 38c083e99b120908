import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import solid from "vite-plugin-solid";
import { WORKER, workerFiles } from "./scripts/worker-files.ts";

const SERVER = process.env["HONGYAN_SERVER"] ?? "http://127.0.0.1:8080";
const PACKAGE = readFileSync(new URL("package.json", import.meta.url), "utf8");
const VERSION = (JSON.parse(PACKAGE) as { version: string }).version;

export default defineConfig({
  plugins: [solid(), workerFiles()],
  resolve: {
    alias: { "@hongyan/client": fileURLToPath(new URL("../sdk/js/src/index.ts", import.meta.url)) },
  },
  define: {
    __VERSION__: JSON.stringify(VERSION),
  },
  server: {
    // The session's cookie counts only for the server's own origin, so the proxy has to be it.
    proxy: { "/v1": { target: SERVER, ws: true, changeOrigin: true, headers: { origin: SERVER } } },
  },
  build: {
    target: "es2022",
    // `dist/.gitignore` stays; `scripts/clean.mjs` removes the rest.
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    // The content security policy allows no `data:` URLs.
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: { index: "index.html", [WORKER]: "src/worker/service-worker.ts" },
      // The worker's address has to stay the same, as the browser looks for a newer one there.
      output: { entryFileNames: ({ name }) => (name === WORKER ? "[name].js" : "assets/[name]-[hash].js") },
    },
  },
  test: {
    // What needs a page is tested in a real browser (`e2e`).
    environment: "node",
    include: ["src/**/*.test.ts", "scripts/**/*.test.ts"],
  },
});
