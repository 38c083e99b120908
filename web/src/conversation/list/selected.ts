/** Which messages a selection goes through, and what of each it holds. */

/** Elements that stand in lines of their own. */
const BLOCKS = new Set(["P", "DIV", "PRE", "UL", "OL", "LI", "BLOCKQUOTE", "TABLE", "TR", "H1", "H2", "H3", "H4", "H5", "H6"]);

/** The messages in `list` of which some text is selected, in order, by key. */
export function selectedTexts(list: HTMLElement, selection: Selection | null): { key: string; text: string }[] {
  if (selection === null || selection.rangeCount === 0 || selection.isCollapsed) return [];
  const range = selection.getRangeAt(0);
  return [...list.querySelectorAll<HTMLElement>(":scope > article")].flatMap((article) => {
    const body = article.querySelector(".text, .message-recalled, .message-unsupported");
    if (body === null || !range.intersectsNode(body)) return [];
    const text = textOf(within(range, body)).trim();
    return text === "" ? [] : [{ key: article.dataset["key"]!, text }];
  });
}

/** The part of a range that lies in an element. */
function within(range: Range, element: Element): DocumentFragment {
  const part = document.createRange();
  part.selectNodeContents(element);
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
  return part.cloneContents();
}

/** What stands in a message beside its text: the time, the name of code's language, buttons. */
const ASIDE = "button, [aria-hidden=true], .text-code-head";

/** As it is read: blocks in lines of their own, cells apart, and nothing but the text. */
function textOf(node: Node): string {
  if (node instanceof Text) return node.data;
  if (node instanceof Element && node.matches(ASIDE)) return "";
  if (node.nodeName === "BR") return "\n";
  let text = "";
  for (const child of node.childNodes) {
    const own = textOf(child);
    const isBlock = BLOCKS.has(child.nodeName);
    if (isBlock && text !== "" && !text.endsWith("\n")) text += "\n";
    text += own;
    if (child.nodeName === "TH" || child.nodeName === "TD") text += "\t";
    if (isBlock && !own.endsWith("\n")) text += "\n";
  }
  return text;
}
