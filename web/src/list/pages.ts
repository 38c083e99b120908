/** Everybody on the server, page by page; to begin with, those who are known here. */
import { createSignal, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import type { UserProfile } from "@hongyan/client";
import { useModel } from "../model/model.ts";

const PAGE = 100;
/** A whole directory is not for scrolling: beyond this, typing finds people. */
const MOST = 2000;

export interface Everybody {
  people: Accessor<readonly UserProfile[]>;
  isLoading: Accessor<boolean>;
  /** Why the last page did not come; null when it did. */
  problem: Accessor<unknown>;
  /** Asks for the next page. */
  more(): Promise<void>;
}

/** Call it where there is an owner. */
export function createEverybody(): Everybody {
  const model = useModel();
  const [people, setPeople] = createSignal<readonly UserProfile[]>(model.people());
  const [isLoading, setLoading] = createSignal(false);
  const [problem, setProblem] = createSignal<unknown>(null);
  let after = 0;
  let isComplete = false;
  let isClosed = false;
  onCleanup(() => (isClosed = true));

  function add(found: readonly UserProfile[]): void {
    model.learn(found);
    const known = new Set(people().map((person) => person.id));
    setPeople([...people(), ...found.filter((person) => !known.has(person.id))]);
  }
  async function more(): Promise<void> {
    if (isLoading() || isComplete || isClosed) return;
    setLoading(true);
    try {
      const page = await model.client.users({ after, limit: PAGE });
      add(page);
      after = page.at(-1)?.id ?? after;
      isComplete = page.length === 0 || people().length >= MOST;
      setProblem(null);
    } catch (error) {
      setProblem(() => error);
    } finally {
      setLoading(false);
    }
  }
  void more();
  return { people, isLoading, problem, more };
}
