/**
 * Somebody at a browser: what they do and see, by roles and names alone, as a screen reader has them.
 *
 * Owns: the app's names for things, in one place. Not here: what should be seen (the tests).
 */
import { expect } from "@playwright/test";
import type { BrowserContext, Locator, Page } from "@playwright/test";
import { PASSWORD } from "./server.ts";
import type { User } from "./server.ts";
import { words } from "./words.ts";
import type { Words } from "./words.ts";

/** How far one's own message has come, as the app says it. */
export type State = keyof Words["states"];

export class Person {
  readonly user: User;
  readonly context: BrowserContext;
  readonly page: Page;
  readonly url: string;
  readonly w: Words;

  constructor(user: User, context: BrowserContext, page: Page, url: string, language: "en" | "zh" = "en") {
    this.user = user;
    this.context = context;
    this.page = page;
    this.url = url;
    this.w = words[language];
  }

  /** The same person at another tab of the same browser. */
  async anotherTab(): Promise<Person> {
    const tab = new Person(this.user, this.context, await this.context.newPage(), this.url);
    await tab.page.goto(this.url);
    await expect(tab.list).toBeVisible();
    return tab;
  }

  async signIn(): Promise<void> {
    const { page, w } = this;
    await page.getByRole("textbox", { name: w.login }).fill(this.user.login);
    await page.getByLabel(w.password, { exact: true }).fill(PASSWORD);
    await page.getByRole("button", { name: w.signIn, exact: true }).click();
    await expect(this.list).toBeVisible();
  }

  get list(): Locator {
    return this.page.getByRole("navigation", { name: this.w.conversations });
  }

  /** The line of the list for a person. */
  row(name: string): Locator {
    return this.list.getByRole("link", { name: new RegExp(`^${escaped(name)}[,:]`) });
  }

  /** Opens the conversation with somebody, new or not. */
  async open(name: string): Promise<void> {
    if ((await this.row(name).count()) > 0) await this.row(name).click();
    else await this.openNew(name);
    await expect(this.heading(name)).toBeVisible();
    await expect(this.composer).toBeVisible();
  }

  /** Opens a group, once it is in the list. */
  async openGroup(name: string): Promise<void> {
    await expect(this.row(name)).toBeVisible();
    await this.open(name);
  }

  async openNew(name: string): Promise<void> {
    await this.list.getByRole("button", { name: this.w.newConversation }).first().click();
    const dialog = this.page.getByRole("dialog", { name: this.w.newConversation });
    await dialog.getByRole("combobox").fill(name);
    await dialog.getByRole("option", { name }).click();
  }

  heading(name: string): Locator {
    return this.page.getByRole("main").getByRole("heading", { name });
  }

  get composer(): Locator {
    return this.page.getByRole("main").getByRole("textbox", { name: this.w.composer });
  }

  get log(): Locator {
    return this.page.getByRole("main").getByRole("feed");
  }

  /** The message with this in its text, not those that quote it. */
  message(text: string): Locator {
    return this.log.getByRole("article", { name: text });
  }

  async say(text: string): Promise<void> {
    await this.composer.fill(text);
    // Enter alone is a new line on phones.
    await this.composer.press("ControlOrMeta+Enter");
    await expect(this.composer).toHaveValue("");
  }

  async sees(text: string): Promise<void> {
    await expect(this.message(text)).toBeVisible();
  }

  async seesState(text: string, state: State): Promise<void> {
    await expect(this.message(text)).toHaveAccessibleName(new RegExp(`${escaped(this.w.states[state])}\\.?$`));
  }

  /** Chooses from the actions of a message. */
  async act(text: string, action: keyof Words["actions"]): Promise<void> {
    const message = this.message(text);
    await message.hover();
    await expect(message.getByRole("toolbar")).toBeVisible();
    const button = message.getByRole("button", { name: this.w.actions[action], exact: true });
    if (await button.isVisible()) return button.click();
    await message.getByRole("button", { name: this.w.moreActions }).click();
    await this.page.getByRole("menuitem", { name: this.w.actions[action], exact: true }).click();
  }

  get banner(): Locator {
    return this.page.getByRole("status").filter({ hasText: this.w.noConnection });
  }

  /** Online, with everything that the server had. */
  async isOnline(): Promise<void> {
    await expect(this.banner).toHaveCount(0);
  }

  /** Nothing to scroll sideways, and the place to write in is on the screen. */
  async layoutHolds(): Promise<void> {
    const [content, view] = await this.page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ]);
    expect(content, "no sideways scrolling").toBeLessThanOrEqual(view ?? 0);
    await expect(this.composer).toBeInViewport({ ratio: 0.9 });
  }
}

export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** Playwright's pages all believe that they are in front. */
export async function look(page: Page, where: "away" | "here"): Promise<void> {
  await page.evaluate((isAway) => {
    document.hasFocus = () => !isAway;
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (isAway ? "hidden" : "visible") });
    Object.defineProperty(document, "hidden", { configurable: true, get: () => isAway });
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event(isAway ? "blur" : "focus"));
  }, where === "away");
}
