/** Who is writing, in a few words. Pure but for the language. */
import type { Writing } from "@hongyan/client";
import { isolated } from "../text/bidi.ts";
import { w } from "./words.ts";

/** Named; more are counted. */
const NAMED = 2;

/** Empty where nobody is. `nameOf` is not asked where there is only one who could. */
export function writingText({ users, others }: Pick<Writing, "users" | "others">, isGroup: boolean, nameOf: (user: number) => string): string {
  const count = users.length + others;
  if (count === 0) return "";
  if (!isGroup) return w.writing;
  if (count > NAMED) return w.peopleWriting(count);
  const names = users.map((user) => isolated(nameOf(user))).join(w.and);
  return count === 1 ? w.isWriting(names) : w.areWriting(names);
}
