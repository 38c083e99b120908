/**
 * A message's text as it is shown.
 *
 * Owns: drawing what the parser read, and folding long texts. Promises: text becomes text nodes and
 * attributes, never HTML; a link that hides where it leads says so; what is folded is not drawn.
 */
import { createMemo, createSignal } from "solid-js";
import type { JSX } from "solid-js";
import { CodeBlock } from "./CodeBlock.tsx";
import { fewEmoji } from "./emoji.ts";
import { linkNotice } from "./links.ts";
import type { Block, Inline, Item, List, Table } from "./markdown/nodes.ts";
import type { Named } from "./mention.ts";
import { plainText } from "./markdown/nodes.ts";
import { parseMarkdown } from "./markdown/parse.ts";
import { foldAt } from "./fold.ts";
import "./text.css";
import { w } from "./words.ts";

type DrawMention = (user: number, text: string) => JSX.Element;

export interface MessageTextProps {
  text: string;
  /** Whom at signs in it name. */
  named?: readonly Named[] | undefined;
  /** Draws one of those. */
  mention?: DrawMention | undefined;
  /** What stands at the end of the last line, and flows with it where that is a paragraph's. */
  tail?: (() => JSX.Element) | undefined;
}

export function MessageText(props: MessageTextProps): JSX.Element {
  const fold = createMemo(() => foldAt(props.text));
  const [open, setOpen] = createSignal(false);
  const shown = createMemo(() => (fold() === null || open() ? props.text : props.text.slice(0, fold()!)));
  return (
    <div class={`text ${emojiClass(props.text)} ${isHan(props.text) ? "text-han" : ""}`} dir="auto">
      {draw(parseMarkdown(shown(), props.named), fold() === null ? props.tail : undefined, (user, text) => props.mention?.(user, text) ?? text)}
      {fold() !== null && (
        <button type="button" class="text-fold" aria-expanded={open()} onClick={() => setOpen(!open())}>
          {open() ? w.less : w.more}
        </button>
      )}
      {fold() !== null && props.tail?.()}
    </div>
  );
}

function emojiClass(text: string): string {
  const count = fewEmoji(text);
  return count > 0 ? `text-emoji text-emoji-${count}` : "";
}

const LOOKED_AT = 500;
/** Its letters fill their line, so that the lines need more room. */
const HAN = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;

/** By its beginning: a text may be long. */
function isHan(text: string): boolean {
  return HAN.test(text.length > LOOKED_AT ? text.slice(0, LOOKED_AT) : text);
}

function draw(blocks: readonly Block[], tail: (() => JSX.Element) | undefined, mention: DrawMention): JSX.Element[] {
  const last = blocks.at(-1);
  if (tail === undefined) return drawBlocks(blocks, mention);
  if (last?.kind !== "paragraph") return [...drawBlocks(blocks, mention), tail()];
  // Within the paragraph it takes what room the last line has left.
  return [...drawBlocks(blocks.slice(0, -1), mention), <p class="text-paragraph" dir="auto">{drawInline(last.children, mention)}{tail()}</p>];
}

function drawBlocks(blocks: readonly Block[], mention: DrawMention): JSX.Element[] {
  return blocks.map((block) => drawBlock(block, mention));
}

function drawBlock(block: Block, mention: DrawMention): JSX.Element {
  switch (block.kind) {
    case "paragraph":
      return <p class="text-paragraph" dir="auto">{drawInline(block.children, mention)}</p>;
    case "code":
      return <CodeBlock text={block.text} language={block.language} />;
    case "heading":
      // One level for screen readers, as no message knows those of the others.
      return <h2 class={`text-heading text-heading-${Math.min(block.level, 3)}`} dir="auto">{drawInline(block.children, mention)}</h2>;
    case "quote":
      return <blockquote class="text-quote">{drawBlocks(block.blocks, mention)}</blockquote>;
    case "list":
      return drawList(block, mention);
    case "table":
      return drawTable(block, mention);
  }
}

function drawList({ start, paren, items }: List, mention: DrawMention): JSX.Element {
  const drawn = items.map((item) => drawItem(item, mention));
  if (start === null) return <ul class="text-list">{drawn}</ul>;
  return <ol class={`text-list text-list-numbered ${paren ? "text-list-paren" : ""}`} start={start}>{drawn}</ol>;
}

function drawItem({ done, blocks }: Item, mention: DrawMention): JSX.Element {
  if (done === null) return <li>{drawBlocks(blocks, mention)}</li>;
  return (
    <li class="text-task">
      <span class="text-task-box" role="img" aria-label={done ? w.taskDone : w.taskOpen}>{done ? "☑" : "☐"}</span>
      <div class="text-task-body">{drawBlocks(blocks, mention)}</div>
    </li>
  );
}

function drawTable({ align, head, rows }: Table, mention: DrawMention): JSX.Element {
  const place = (column: number) => `text-cell-${align[column] ?? "start"}`;
  // It scrolls by itself where it is wider than its message, so the keyboard has to reach it.
  return (
    <div class="text-table-box" role="group" aria-label={w.table} tabindex="0">
      <table class="text-table">
        <thead>
          <tr>{head.map((cell, at) => <th class={place(at)} scope="col" dir="auto">{drawInline(cell, mention)}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => <tr>{row.map((cell, at) => <td class={place(at)} dir="auto">{drawInline(cell, mention)}</td>)}</tr>)}
        </tbody>
      </table>
    </div>
  );
}

function drawInline(children: readonly Inline[], mention: DrawMention): JSX.Element[] {
  return children.map((child) => {
    if (typeof child === "string") return child;
    switch (child.kind) {
      case "strong": return <strong>{drawInline(child.children, mention)}</strong>;
      case "emphasis": return <em>{drawInline(child.children, mention)}</em>;
      case "strike": return <s>{drawInline(child.children, mention)}</s>;
      case "code": return <code class="text-inline-code" dir="ltr">{child.text}</code>;
      case "mention": return mention(child.user, child.text);
      case "link": return drawLink(child.href, child.children, mention);
    }
  });
}

function drawLink(href: string, children: readonly Inline[], mention: DrawMention): JSX.Element {
  const { host, warn } = linkNotice(href, plainText(children));
  const link = (
    <a class="text-link" href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>{drawInline(children, mention)}</a>
  );
  if (host === null) return link;
  return (
    <>
      {link}
      <bdi class={`text-host ${warn ? "text-host-warn" : ""}`} title={warn ? w.beware(host) : w.leadsTo(host)}>{host}</bdi>
    </>
  );
}
