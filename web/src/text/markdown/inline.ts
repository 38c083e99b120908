/**
 * Reads what stands within a line: emphasis, code, links, mentions.
 *
 * Owns: which marks count, and where they end. Promises: time that grows with the length of the
 * text and no faster, whatever the text; nesting of at most {@link MARKS}.length levels. Every mark
 * that opens nothing is shown as it was typed. Not here: lines (`blocks`), and which addresses are
 * safe (`links`).
 *
 * The rules differ from CommonMark's where those are wrong for chat: a mark beside an ASCII letter or
 * digit on its outer side is no mark (`2*3*4`, `snake_case`), and Chinese text needs no blanks around it.
 */
import { bareLink, mailAddress, safeHref } from "../links.ts";
import { namedAt } from "../mention.ts";
import type { Named } from "../mention.ts";
import type { Inline } from "./nodes.ts";

/** The marks, each at most once open, so that the stack of open ones stays this short. */
const MARKS = { "*": "emphasis", _: "emphasis", "**": "strong", __: "strong", "~~": "strike" } as const;
type Mark = keyof typeof MARKS;

/** Anything that might begin something. */
const SPECIAL = /[\\`*_~[hHmMwW@]/g;
const ESCAPE = /\\([*_~`[\]()>#-])/y;
const LABEL = /\[([^[\]\n]{1,500})\]\(/y;
const TARGET = /(?:https?:\/\/|mailto:)(?:[^\s()<>]|\([^\s()<>]*\)){1,2000}(?=\))/iy;
const WORD = /[0-9A-Za-z]/;

interface Frame {
  mark: Mark | null;
  children: Inline[];
}

/** What is the same for all of a text. */
export interface Reading {
  /** How many nodes may still be made. Whoever finds it used up stops, and the text is shown plain. */
  left: number;
  /** Whom at signs may name. */
  readonly named: readonly Named[];
  /** How many more at signs are looked at for whom they name. */
  signs: number;
}

/** Reads one paragraph; line breaks in it stay as they are. */
export function parseInline(text: string, reading: Reading, links = true): Inline[] {
  return new Reader(text, reading, links).read();
}

class Reader {
  private readonly text: string;
  private readonly reading: Reading;
  private readonly links: boolean;
  private readonly stack: Frame[] = [{ mark: null, children: [] }];
  private readonly ticks: Map<number, number[]>;
  /** Where the text that is not in a frame yet begins. */
  private kept = 0;

  constructor(text: string, reading: Reading, links: boolean) {
    this.text = text;
    this.reading = reading;
    this.links = links;
    this.ticks = backtickRuns(text);
  }

  read(): Inline[] {
    let at = 0;
    while (this.reading.left > 0) {
      SPECIAL.lastIndex = at;
      const found = SPECIAL.exec(this.text);
      if (found === null) break;
      at = this.special(found.index, found[0]);
    }
    this.keep(this.text.length);
    while (this.stack.length > 1) this.giveUp();
    return this.stack[0]!.children;
  }

  /** Handles what may begin at `at`; answers where to go on. */
  private special(at: number, char: string): number {
    switch (char) {
      case "\\": return this.escape(at);
      case "`": return this.code(at);
      case "[": return this.labelled(at);
      case "*": case "_": case "~": return this.mark(at, char);
      case "@": return this.mention(at) ?? this.mail(at);
      default: return this.bare(at);
    }
  }

  private escape(at: number): number {
    ESCAPE.lastIndex = at;
    const match = ESCAPE.exec(this.text);
    if (match === null) return at + 1;
    this.keep(at);
    this.push(match[1]!);
    return (this.kept = at + 2);
  }

  private code(at: number): number {
    const length = runLength(this.text, at);
    const end = nextAfter(this.ticks.get(length) ?? [], at);
    if (end === null) return at + length;
    this.keep(at);
    const inner = this.text.slice(at + length, end);
    // "`` `x` ``": a blank at both ends keeps backticks off the marks and is not shown.
    const padded = inner.length > 2 && inner.startsWith(" ") && inner.endsWith(" ") && inner.trim() !== "";
    this.push({ kind: "code", text: padded ? inner.slice(1, -1) : inner });
    return (this.kept = end + length);
  }

  private labelled(at: number): number {
    if (!this.links) return at + 1;
    LABEL.lastIndex = at;
    const label = LABEL.exec(this.text);
    if (label === null) return at + 1;
    TARGET.lastIndex = LABEL.lastIndex;
    const target = TARGET.exec(this.text);
    const href = target === null ? null : safeHref(target[0]);
    if (target === null || href === null) return at + 1;
    const end = TARGET.lastIndex + 1;
    this.keep(at);
    this.push({ kind: "link", href, children: parseInline(label[1]!, this.reading, false) });
    return (this.kept = end);
  }

  private bare(at: number): number {
    if (!this.links || WORD.test(this.text.charAt(at - 1))) return at + 1;
    const link = bareLink(this.text, at);
    if (link === null) return at + 1;
    const end = at + link.text.length;
    if (link.href === null) return end;
    this.keep(at);
    this.push({ kind: "link", href: link.href, children: [link.text] });
    return (this.kept = end);
  }

  private mention(at: number): number | null {
    const isLooked = this.links && this.reading.signs > 0;
    if (isLooked) this.reading.signs -= 1;
    const named = isLooked ? namedAt(this.text, at, this.reading.named) : null;
    if (named === null) return null;
    this.keep(at);
    this.push({ kind: "mention", user: named.user, text: `@${named.name}` });
    return (this.kept = at + 1 + named.name.length);
  }

  private mail(at: number): number {
    const found = this.links ? mailAddress(this.text, this.kept, at) : null;
    if (found === null) return at + 1;
    this.keep(found.from);
    this.push({ kind: "link", href: `mailto:${found.text}`, children: [found.text] });
    return (this.kept = found.from + found.text.length);
  }

  private mark(at: number, char: string): number {
    const length = runLength(this.text, at);
    const end = at + length;
    const wanted: Mark[] = length === 3 && char !== "~" ? [char.repeat(2) as Mark, char as Mark] : [char.repeat(length) as Mark];
    if (length > 3 || !(wanted[0]! in MARKS)) return end;
    const before = this.text.charAt(at - 1);
    const after = this.text.charAt(end);
    const closes = before.trim() !== "" && !WORD.test(after);
    const opens = after.trim() !== "" && !WORD.test(before);
    const open = wanted.filter((mark) => this.isOpen(mark));
    if (closes && open.length === wanted.length) {
      this.keep(at);
      // The inner one of `***` is whichever was opened last.
      for (const mark of open.sort((a, b) => this.depth(b) - this.depth(a))) this.close(mark);
    } else if (opens && open.length === 0) {
      this.keep(at);
      for (const mark of wanted) this.stack.push({ mark, children: [] });
    } else {
      return end;
    }
    return (this.kept = end);
  }

  private depth(mark: Mark): number {
    return this.stack.findIndex((frame) => frame.mark === mark);
  }

  private isOpen(mark: Mark): boolean {
    return this.depth(mark) > 0;
  }

  private close(mark: Mark): void {
    while (this.stack.at(-1)!.mark !== mark) this.giveUp();
    const { children } = this.stack.pop()!;
    this.push({ kind: MARKS[mark], children });
  }

  /** The innermost mark was never closed: it was meant as it stands. */
  private giveUp(): void {
    const { mark, children } = this.stack.pop()!;
    this.push(mark!);
    for (const child of children) this.push(child);
    this.reading.left += children.length;
  }

  private keep(until: number): void {
    if (until > this.kept) this.push(this.text.slice(this.kept, until));
    this.kept = until;
  }

  private push(node: Inline): void {
    const { children } = this.stack.at(-1)!;
    const last = children.at(-1);
    if (typeof node === "string" && typeof last === "string") {
      children[children.length - 1] = last + node;
    } else {
      children.push(node);
      this.reading.left -= 1;
    }
  }
}

function runLength(text: string, at: number): number {
  let end = at + 1;
  while (text[end] === text[at]) end += 1;
  return end - at;
}

/** Where backticks stand, by how many there are, so that looking for an end never rereads the text. */
function backtickRuns(text: string): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  for (let at = text.indexOf("`"); at >= 0; ) {
    const length = runLength(text, at);
    const same = runs.get(length);
    if (same === undefined) runs.set(length, [at]);
    else same.push(at);
    at = text.indexOf("`", at + length);
  }
  return runs;
}

/** The first of the ascending `places` after `at`. */
function nextAfter(places: readonly number[], at: number): number | null {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (places[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return places[low] ?? null;
}
