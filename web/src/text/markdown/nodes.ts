/** What a message's text is made of once its Markdown is read. Plain data, so that a test can compare it. */

/** A piece of a line: a plain string, or something marked up. */
export type Inline =
  | string
  | { kind: "strong" | "emphasis" | "strike"; children: Inline[] }
  | { kind: "code"; text: string }
  | { kind: "link"; href: string; children: Inline[] };

/** A piece of a message. */
export type Block =
  | { kind: "paragraph"; children: Inline[] }
  | { kind: "code"; text: string; language: string }
  | { kind: "quote"; blocks: Block[] }
  /** `start` is null for a list without numbers. */
  | { kind: "list"; start: number | null; items: Block[][] };

/** The text of what is shown, without the marks. */
export function plainText(children: readonly Inline[]): string {
  let text = "";
  for (const child of children) {
    if (typeof child === "string") text += child;
    else text += child.kind === "code" ? child.text : plainText(child.children);
  }
  return text;
}
