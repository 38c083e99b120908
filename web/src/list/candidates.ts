/** Whom or what a name can lead to: the conversations, then everybody else who is known here. */
import type { UserProfile } from "@hongyan/client";
import { draftKey } from "../model/keys.ts";
import type { Place } from "../model/keys.ts";
import type { Model } from "../model/model.ts";
import { handle } from "../model/people.ts";
import { w } from "./words.ts";

export interface Candidate {
  key: string;
  place: Place;
  /** For the avatar's colour. */
  id: number;
  title: string;
  /** What tells namesakes apart. */
  detail: string;
  names: readonly string[];
  /** The parts of the title that were found, as places in it, ascending. */
  marks: readonly (readonly [from: number, to: number])[];
  unread: number;
}

export function candidates(model: Model): Candidate[] {
  const list: Candidate[] = model.rows().map((row) => {
    const login = "to" in row.place ? model.profile(row.place.to).login : "";
    const detail = "to" in row.place ? handle(model.profile(row.place.to)) : w.members(row.conversation?.size ?? 0);
    const id = "to" in row.place ? row.place.to : row.place.conv;
    return { key: row.key, place: row.place, id, title: row.title, detail, names: [row.title, login], marks: [], unread: row.unread };
  });
  const listed = new Set(list.map((one) => one.key));
  for (const person of model.people()) {
    const one = ofPerson(model, person);
    if (listed.has(one.key)) continue;
    list.push(one);
  }
  return list;
}

export function ofPerson(model: Model, person: UserProfile): Candidate {
  const place: Place = { to: person.id };
  const title = model.title(place);
  const names = [title, person.name, person.login];
  const detail = person.id === model.me()?.id ? w.yourself : handle(person);
  return { key: draftKey(place), place, id: person.id, title, detail, names, marks: [], unread: 0 };
}
