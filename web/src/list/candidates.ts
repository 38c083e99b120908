/** Whom or what a name can lead to: the conversations, then everybody else who is known here. */
import type { UserProfile } from "@hongyan/client";
import { draftKey } from "../model/keys.ts";
import type { Place } from "../model/keys.ts";
import type { Model } from "../model/model.ts";
import { w } from "./words.ts";

export interface Candidate {
  key: string;
  place: Place;
  /** For the avatar's colour. */
  id: number;
  title: string;
  /** The login name, where it tells more than the title. */
  detail: string;
  names: readonly string[];
  unread: number;
}

export function candidates(model: Model): Candidate[] {
  const list: Candidate[] = model.rows().map((row) => {
    const login = "to" in row.place ? model.profile(row.place.to).login : "";
    const id = "to" in row.place ? row.place.to : row.place.conv;
    return { key: row.key, place: row.place, id, title: row.title, detail: login, names: [row.title, login], unread: row.unread };
  });
  const listed = new Set(list.map((one) => one.key));
  for (const person of model.people()) {
    const one = ofPerson(person);
    if (listed.has(one.key)) continue;
    list.push(person.id === model.me()?.id ? { ...one, detail: w.yourself } : one);
  }
  return list;
}

export function ofPerson(person: UserProfile): Candidate {
  const place: Place = { to: person.id };
  const names = [person.name, person.login];
  return { key: draftKey(place), place, id: person.id, title: person.name, detail: person.login, names, unread: 0 };
}
