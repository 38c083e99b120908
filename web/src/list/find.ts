/**
 * Whom typed letters find: those that this device knows at once, then those whom only the server knows.
 *
 * Promises: what this device found stays where it is when the server answers, but for those who fit badly, which stand last.
 * Not here: the asking (`search/people`), and what it looks like.
 */
import { createMemo } from "solid-js";
import type { Accessor } from "solid-js";
import type { FoundUser } from "@hongyan/client";
import type { Model } from "../model/model.ts";
import { searchPeople } from "../search/people.ts";
import { ofPerson } from "./candidates.ts";
import type { Candidate } from "./candidates.ts";
import { fits, INSIDE, ranked } from "./match.ts";
import { w } from "./words.ts";

export interface Found {
  options: Accessor<readonly Candidate[]>;
  /** What is under way, or missing; for a line below the options. */
  status: Accessor<string | undefined>;
}

/** Call it where there is an owner: nobody is asked any more when that is disposed of. */
export function find(model: Model, typed: Accessor<string>, known: Accessor<readonly Candidate[]>, most = Infinity): Found {
  const search = searchPeople(model, typed);
  const all = createMemo(() => {
    const server = search().users.map((found) => fromServer(model, found));
    return merge(typed(), known(), server);
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
export function merge(typed: string, known: readonly Candidate[], server: readonly Candidate[]): Candidate[] {
  if (typed.trim() === "") return [...known];
  const marked = new Map(server.map((one) => [one.key, one.marks]));
  const found = ranked(typed, known, (one) => one.names);
  const own = found.map(({ item, rank }) => ({ rank, one: { ...item, marks: marked.get(item.key) ?? fits(typed, item.title) } }));
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

function fromServer(model: Model, { user, marks }: FoundUser): Candidate {
  const one = ofPerson(model, user);
  // Oneself is listed under another name.
  return { ...one, marks: one.title.startsWith(user.name) ? marks : [] };
}
