/**
 * A message's text as it is shown.
 *
 * Owns: drawing what the parser read, and folding long texts. Promises: text becomes text nodes and
 * attributes, never HTML; a link that hides where it leads says so; what is folded is not drawn.
 */
import { createMemo, createSignal } from "solid-js";
import type { JSX } from "solid-js";
import { fewEmoji } from "./emoji.ts";
import { linkNotice } from "./links.ts";
import type { Block, Inline } from "./markdown/nodes.ts";
import { plainText } from "./markdown/nodes.ts";
import { parseMarkdown } from "./markdown/parse.ts";
import { foldAt } from "./fold.ts";
import "./text.css";
import { w } from "./words.ts";

export function MessageText(props: { text: string }): JSX.Element {
  const fold = createMemo(() => foldAt(props.text));
  const [open, setOpen] = createSignal(false);
  const shown = createMemo(() => (fold() === null || open() ? props.text : props.text.slice(0, fold()!)));
  return (
    <div class={`text ${emojiClass(props.text)}`} dir="auto">
      {drawBlocks(parseMarkdown(shown()))}
      {fold() !== null && (
        <button type="button" class="text-fold" aria-expanded={open()} onClick={() => setOpen(!open())}>
          {open() ? w.less : w.more}
        </button>
      )}
    </div>
  );
}

function emojiClass(text: string): string {
  const count = fewEmoji(text);
  return count > 0 ? `text-emoji text-emoji-${count}` : "";
}

function drawBlocks(blocks: readonly Block[]): JSX.Element[] {
  return blocks.map(drawBlock);
}

function drawBlock(block: Block): JSX.Element {
  switch (block.kind) {
    case "paragraph":
      return <p class="text-paragraph" dir="auto">{drawInline(block.children)}</p>;
    case "code":
      return <pre class="text-code" dir="ltr" tabindex="0"><code>{block.text}</code></pre>;
    case "quote":
      return <blockquote class="text-quote">{drawBlocks(block.blocks)}</blockquote>;
    case "list":
      return drawList(block.start, block.items);
  }
}

function drawList(start: number | null, items: readonly Block[][]): JSX.Element {
  const drawn = items.map((item) => <li>{drawBlocks(item)}</li>);
  return start === null ? <ul class="text-list">{drawn}</ul> : <ol class="text-list text-list-numbered" start={start}>{drawn}</ol>;
}

function drawInline(children: readonly Inline[]): JSX.Element[] {
  return children.map((child) => {
    if (typeof child === "string") return child;
    switch (child.kind) {
      case "strong": return <strong>{drawInline(child.children)}</strong>;
      case "emphasis": return <em>{drawInline(child.children)}</em>;
      case "strike": return <s>{drawInline(child.children)}</s>;
      case "code": return <code class="text-inline-code">{child.text}</code>;
      case "link": return drawLink(child.href, child.children);
    }
  });
}

function drawLink(href: string, children: readonly Inline[]): JSX.Element {
  const { host, warn } = linkNotice(href, plainText(children));
  const link = (
    <a class="text-link" href={href} target="_blank" rel="noopener noreferrer nofollow" title={href}>{drawInline(children)}</a>
  );
  if (host === null) return link;
  return (
    <>
      {link}
      <bdi class={`text-host ${warn ? "text-host-warn" : ""}`} title={warn ? w.beware(host) : w.leadsTo(host)}>{host}</bdi>
    </>
  );
}
