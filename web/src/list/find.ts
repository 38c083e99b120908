/**
 * Whom typed letters find: those that this device knows at once, then those whom only the server knows.
 *
 * Promises: what this device found stays where it is when the server answers, but for those who fit badly, which stand last;
 * how Chinese names are spelled is fetched when the first letters are typed. Not here: the asking (`search/people`), and
 * what it looks like.
 */
import { createEffect, createMemo, createSignal } from "solid-js";
import type { Accessor } from "solid-js";
import type { FoundUser } from "@hongyan/client";
import type { Model } from "../model/model.ts";
import { searchPeople } from "../search/people.ts";
import { ofPerson } from "./candidates.ts";
import type { Candidate } from "./candidates.ts";
import { fits, INSIDE, rank } from "./match.ts";
import type { Spelled } from "./pinyin.ts";
import { w } from "./words.ts";

export interface Found {
  options: Accessor<readonly Candidate[]>;
  /** What is under way, or missing; for a line below the options. */
  status: Accessor<string | undefined>;
}

/** How a name is spelled; nothing as long as that is not known. */
type Spell = (typed: string, name: string) => Spelled | null;
const NO_SPELLING: Spell = () => null;

const [spelling, setSpelling] = createSignal<Spell>(NO_SPELLING);
const LETTERS = /[a-z]/i;

/** Once for the page; without a connection it is at hand, as all of the app. */
async function learnSpelling(): Promise<void> {
  if (spelling() !== NO_SPELLING) return;
  const { spelled } = await import("./pinyin.ts");
  setSpelling(() => spelled);
}

/** Call it where there is an owner: nobody is asked any more when that is disposed of. */
export function find(model: Model, typed: Accessor<string>, known: Accessor<readonly Candidate[]>, most = Infinity): Found {
  const search = searchPeople(model, typed);
  // Not there, names are found as they are written.
  createEffect(() => LETTERS.test(typed()) && void learnSpelling().catch(() => {}));
  const all = createMemo(() => {
    const server = search().users.map((found) => fromServer(model, found));
    return merge(typed(), known(), server, spelling());
  });
  const status = () => {
    const { state, more } = search();
    if (state === "failed") return model.connection().kind === "online" ? w.findingFailed : w.foundHere;
    if (state === "asking") return w.finding;
    if (typed().trim() === "") return undefined;
    if (all().length === 0) return w.noNames;
    return more || all().length > most ? w.foundMore : undefined;
  };
  return { options: () => all().slice(0, most), status };
}

/** The best first; all that are known where nothing is typed. */
export function merge(typed: string, known: readonly Candidate[], server: readonly Candidate[], spell: Spell = NO_SPELLING): Candidate[] {
  if (typed.trim() === "") return [...known];
  const marked = new Map(server.map((one) => [one.key, one.marks]));
  const own = known.flatMap((item) => {
    const found = fit(typed, item, spell);
    return found === null ? [] : [{ rank: found.rank, one: { ...item, marks: marked.get(item.key) ?? found.marks } }];
  });
  own.sort((a, b) => a.rank - b.rank);
  const well = own.filter(({ rank }) => rank < INSIDE).map(({ one }) => one);
  const listed = new Set(well.map((one) => one.key));
  const unread = new Map(known.map((one) => [one.key, one.unread]));
  for (const one of [...server, ...own.map(({ one }) => one)]) {
    if (listed.has(one.key)) continue;
    listed.add(one.key);
    well.push({ ...one, unread: unread.get(one.key) ?? one.unread });
  }
  return well;
}

/** How well somebody fits by any of their names, as it is written or spelled; null: not at all. */
function fit(typed: string, { names, title }: Candidate, spell: Spell): { rank: number; marks: Candidate["marks"] } | null {
  const ranks = names.map((name) => rank(typed, name)).filter((one) => one !== null);
  const written = ranks.length === 0 ? null : { rank: Math.min(...ranks), marks: fits(typed, title) };
  const sounds = written === null || written.rank > 0 ? spell(typed, title) : null;
  return sounds !== null && (written === null || sounds.rank < written.rank) ? sounds : written;
}

function fromServer(model: Model, { user, marks }: FoundUser): Candidate {
  const one = ofPerson(model, user);
  // Oneself is listed under another name.
  return { ...one, marks: one.title.startsWith(user.name) ? marks : [] };
}
