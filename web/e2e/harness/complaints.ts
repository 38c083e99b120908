/**
 * What a browser has to complain of: every test fails on it.
 *
 * Owns: errors of scripts, of the console, of the content security policy, and dialogs that no page of
 * ours opens. Not here: that the network failed, which the browser reports too, and tests bring about.
 */
import { expect } from "@playwright/test";
import type { Page } from "@playwright/test";

/** What the browser itself says of a request or socket that did not succeed. */
const NETWORK = /^(Failed to load resource: |WebSocket connection to )/;

export class Complaints {
  readonly #heard: string[] = [];

  listen(page: Page): void {
    page.on("pageerror", (error) => this.#hear(`uncaught: ${error.stack ?? error.message}`));
    page.on("console", (message) => {
      const text = message.text();
      const isPolicy = text.includes("Content Security Policy");
      if (isPolicy || (message.type() === "error" && !NETWORK.test(text))) this.#hear(text);
    });
    page.on("dialog", (dialog) => {
      this.#hear(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("crash", () => this.#hear("the page crashed"));
  }

  check(): void {
    expect(this.#heard, "the browser has nothing to complain of").toEqual([]);
  }

  #hear(text: string): void {
    this.#heard.push(text);
  }
}
