/** A real Chromium with pages that hold the client, served as it is compiled. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server as HttpServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page as Tab } from "playwright-core";
import type { Page } from "./page.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Scripts of these tests call what `page.ts` offers. */
export type Call = <T>(tab: Tab, run: (page: Page) => T) => Promise<Awaited<T>>;

export class Pages {
  readonly #browser: Browser;
  readonly #http: HttpServer;
  readonly #folder: string;

  static async start(): Promise<Pages> {
    const folder = mkdtempSync(join(tmpdir(), "hongyan-pages-"));
    const compiler = join(ROOT, "node_modules/.bin/tsc");
    execFileSync(compiler, ["-p", join(ROOT, "test/browser/tsconfig.json"), "--outDir", folder], { stdio: "inherit" });
    const http = createServer((request, response) => {
      const path = normalize(new URL(request.url ?? "/", "http://x").pathname);
      const isScript = path.endsWith(".js");
      response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
      response.end(isScript ? readFileSync(join(folder, path)) : `<script type="module" src="/test/browser/page.js"></script>`);
    });
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    const browser = await chromium.launch({ executablePath: findChromium(), args: ["--no-sandbox"] });
    return new Pages(browser, http, folder);
  }

  private constructor(browser: Browser, http: HttpServer, folder: string) {
    this.#browser = browser;
    this.#http = http;
    this.#folder = folder;
  }

  /** Where the pages come from. */
  get origin(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** A browser profile of its own. */
  profile(): Promise<BrowserContext> {
    return this.#browser.newContext();
  }

  async tab(profile: BrowserContext): Promise<Tab> {
    const tab = await profile.newPage();
    await tab.goto(this.origin);
    await tab.waitForFunction(() => "page" in globalThis);
    return tab;
  }

  async end(): Promise<void> {
    await this.#browser.close();
    this.#http.close();
    rmSync(this.#folder, { recursive: true });
  }
}

function findChromium(): string {
  const found = process.env.CHROMIUM ?? execFileSync("sh", ["-c", "command -v chromium || command -v google-chrome"]).toString();
  return found.trim();
}
