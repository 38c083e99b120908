/** What a message's text is made of once its Markdown is read. Plain data, so that a test can compare it. */

/** A piece of a line: a plain string, or something marked up. */
export type Inline =
  | string
  | { kind: "strong" | "emphasis" | "strike"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "mention"; user: number; text: string }
  | { kind: "link"; href: string; children: Inline[] };

/** A piece of a message. */
export type Block =
  | { kind: "paragraph"; children: Inline[] }
  /** `level` is 1 to 6. */
  | { kind: "heading"; level: number; children: Inline[] }
  | { kind: "code"; text: string; language: string }
  | { kind: "quote"; blocks: Block[] }
  | List
  | Table;

export interface List {
  kind: "list";
  /** Null for a list without numbers. */
  start: number | null;
  /** Whether the numbers were written `1)` rather than `1.`. */
  paren: boolean;
  items: Item[];
}

export interface Item {
  /** Whether a task is done; null: it is none. */
  done: boolean | null;
  blocks: Block[];
}

/** Where the text of a column stands; null: where its writing begins. */
export type Align = "left" | "center" | "right" | null;

/** Every row has as many cells as the head. */
export interface Table {
  kind: "table";
  align: Align[];
  head: Inline[][];
  rows: Inline[][][];
}

/** The text of what is shown, without the marks. */
export function plainText(children: readonly Inline[]): string {
  let text = "";
  for (const child of children) {
    if (typeof child === "string") text += child;
    else text += "text" in child ? child.text : plainText(child.children);
  }
  return text;
}
