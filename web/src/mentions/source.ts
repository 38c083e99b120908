/**
 * The messages that mention the user, newest first, as far as they were looked at.
 *
 * Owns: asking page by page. Promises: what comes, is edited or is recalled meanwhile shows so. Not here: which of them are
 * unread, which the conversations say.
 */
import { createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import { amended } from "@hongyan/client";
import type { Entry } from "@hongyan/client";
import type { Model } from "../model/model.ts";

/** Pages in a row that may turn out to hold nothing that may still be read. */
const EMPTY_PAGES = 5;

export interface Mentions {
  all: Accessor<readonly Entry[]>;
  isLoading: Accessor<boolean>;
  /** There are older ones. */
  isMore: Accessor<boolean>;
  /** Why the last page could not be had; null: it could. */
  problem: Accessor<unknown>;
  more(): Promise<void>;
}

/** Call it where there is an owner. */
export function createMentions(model: Model): Mentions {
  const { client } = model;
  const [all, setAll] = createSignal<readonly Entry[]>([]);
  const [isLoading, setLoading] = createSignal(false);
  const [isMore, setMore] = createSignal(true);
  const [problem, setProblem] = createSignal<unknown>(null);
  let before: string | undefined;

  async function page(): Promise<number> {
    const found = await client.mentions(before === undefined ? {} : { before });
    model.learn(found.users);
    setAll(joined(all(), found.entries));
    before = found.before;
    setMore(before !== undefined);
    return found.entries.length;
  }
  async function more(): Promise<void> {
    if (isLoading()) return;
    setLoading(true);
    try {
      for (let pages = 0; pages < EMPTY_PAGES && isMore() && (await page()) === 0; pages += 1);
      setProblem(null);
    } catch (error) {
      setProblem(() => error);
    } finally {
      setLoading(false);
    }
  }
  onCleanup(client.on("entry", (entry) => {
    const me = model.me()?.id;
    if (entry.kind === "recall") setAll(all().filter(({ conv, seq }) => conv !== entry.conv || seq !== entry.target));
    else if (entry.kind === "edit") setAll(all().map((one) => amended(one, entry) ?? one));
    else if (me !== undefined && entry.from !== me && (entry.mentions_all === true || entry.mentions?.includes(me) === true) && entry.recalled_by === undefined) setAll(joined(all(), [entry]));
  }));
  return { all, isLoading, isMore, problem, more };
}

/** All of both, each once, the newest first. */
export function joined(some: readonly Entry[], others: readonly Entry[]): Entry[] {
  const all = new Map([...some, ...others].map((entry) => [`${entry.conv}.${entry.seq}`, entry]));
  return [...all.values()].sort((one, other) => other.at - one.at || other.conv - one.conv || other.seq - one.seq);
}
