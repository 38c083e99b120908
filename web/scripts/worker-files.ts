/** A plugin for Vite: writes the list of built files into the service worker. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

export const WORKER = "service-worker";

const PUBLIC = fileURLToPath(new URL("../public/", import.meta.url));

export function workerFiles(): Plugin {
  return {
    name: "hongyan-worker-files",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const hash = createHash("sha256");
        const paths = new Set<string>(["/"]);
        for (const [name, file] of Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))) {
          if (name === `${WORKER}.js`) continue;
          if (name !== "index.html") paths.add(`/${name}`);
          hash.update(name).update(file.type === "chunk" ? file.code : file.source);
        }
        for (const name of publicFiles()) {
          paths.add(`/${name}`);
          hash.update(name).update(readFileSync(PUBLIC + name));
        }
        const worker = bundle[`${WORKER}.js`];
        if (worker?.type !== "chunk") throw new Error("the service worker is not in the build");
        worker.code = fill(worker.code, [...paths], hash.digest("hex").slice(0, 16));
      },
    },
  };
}

/** The worker's code with its two blanks filled in. */
export function fill(code: string, paths: readonly string[], build: string): string {
  for (const blank of ["__FILES__", "__BUILD__"]) {
    if (!code.includes(blank)) throw new Error(`the service worker has no ${blank}`);
  }
  return code.replaceAll("__FILES__", JSON.stringify(paths)).replaceAll("__BUILD__", JSON.stringify(build));
}

/** What the app needs offline. The large icons are the browser's business when it installs the app. */
function publicFiles(): string[] {
  return readdirSync(PUBLIC, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => /\.(svg|webmanifest)$/.test(name))
    .sort();
}
