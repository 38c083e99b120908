/**
 * A browser and a server with as much in them as somebody has after years.
 *
 * Owns: how it gets there. Promises: server and browser agree, as if the browser had been there all
 * the time. Not here: what is measured.
 */
import { expect } from "../harness/fixtures.ts";
import type { Person } from "../harness/person.ts";
import type { Script } from "../harness/script.ts";

/** Requests on their way at a time. */
const IN_FLIGHT = 64;

export interface Amounts {
  /** In the largest conversation. */
  large: number;
  /** In each of the others. */
  small: number;
}

/** Fills the server. The first person has the largest conversation. Gives the number of messages. */
export async function fillServer(me: Script, people: readonly Script[], { large, small }: Amounts): Promise<number> {
  let count = 0;
  function* jobs() {
    for (const [index, person] of people.entries()) {
      for (let n = 0; n < (index === 0 ? large : small); n++) {
        count += 1;
        yield n % 3 === 0 ? { from: me, to: person, n } : { from: person, to: me, n };
      }
    }
  }
  const all = jobs();
  const worker = async () => {
    for (const { from, to, n } of all) await from.send(to.id, sentence(n));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  return count;
}

const WORDS = "the wild goose carries a letter over mountains and rivers 鸿雁 传书 千里 and **arrives**".split(" ");

/** Something to read, of different lengths, with some markup. */
export function sentence(n: number): string {
  return Array.from({ length: 3 + ((n * 7) % 23) }, (_, at) => WORDS[(n + at * 5) % WORDS.length]).join(" ");
}

/** Puts all that the server has into what the signed-in browser keeps, as the SDK keeps it. */
export async function fillBrowser(person: Person, account: number): Promise<number> {
  const { page, url } = person;
  // A page of the same origin without the app: nobody else writes.
  await page.goto(`${url}/manifest.webmanifest`);
  const kept = await page.evaluate(download, account);
  await page.goto(url);
  await expect(person.list).toBeVisible();
  await person.isOnline();
  return kept;
}

/** Runs in the page. */
async function download(account: number): Promise<number> {
  interface Row {
    head: number;
    floor: number;
  }
  const done = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await done(indexedDB.open(`hongyan:${account}`));
  const table = (name: string) => database.transaction(name, "readwrite").objectStore(name);
  let kept = 0;
  for (const conv of (await done(table("conversations").getAllKeys())) as number[]) {
    const row = (await done(table("conversations").get(conv))) as Row;
    for (let before = row.floor; before > 1; ) {
      const answer = await fetch(`/v1/conversations/${conv}/entries?limit=1000&before=${before}`);
      const { entries } = (await answer.json()) as { entries: { seq: number }[] };
      const store = table("entries");
      for (const entry of entries) store.put(entry, [conv, entry.seq]);
      await done(store.count());
      before = entries[0]?.seq ?? 1;
    }
    await done(table("conversations").put({ ...row, floor: 1 }, conv));
    kept += row.head;
  }
  database.close();
  return kept;
}
