import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import solid from "vite-plugin-solid";

const SERVER = process.env["HONGYAN_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [solid()],
  resolve: {
    alias: { "@hongyan/client": fileURLToPath(new URL("../sdk/js/src/index.ts", import.meta.url)) },
  },
  define: {
    __VERSION__: JSON.stringify(process.env["npm_package_version"] ?? "0.0.0"),
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
  },
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
  },
});
