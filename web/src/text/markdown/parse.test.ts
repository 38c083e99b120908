import { describe, expect, test } from "vitest";
import { MAX_DEPTH } from "./blocks.ts";
import type { Block, Inline, Item } from "./nodes.ts";
import { plainText } from "./nodes.ts";
import { MAX_NODES, parseMarkdown } from "./parse.ts";

/** Draws nodes as short text, to compare at a glance. */
function draw(blocks: readonly Block[]): string {
  return blocks.map((block) => {
    switch (block.kind) {
      case "paragraph": return `p(${drawInline(block.children)})`;
      case "code": return `pre${block.language === "" ? "" : `.${block.language}`}(${block.text})`;
      case "heading": return `h${block.level}(${drawInline(block.children)})`;
      case "quote": return `q(${draw(block.blocks)})`;
      case "list": return `${block.start === null ? "ul" : `ol${block.start}${block.paren ? ")" : ""}`}(${block.items.map(drawItem).join("|")})`;
      case "table": return `table[${block.align.map((one) => one ?? "").join(",")}](${[block.head, ...block.rows].map((row) => row.map(drawInline).join("|")).join("/")})`;
    }
  }).join("");
}

function drawItem({ done, blocks }: Item): string {
  return `${done === null ? "" : done ? "[x]" : "[ ]"}${draw(blocks)}`;
}

function drawInline(children: readonly Inline[]): string {
  return children.map((child) => {
    if (typeof child === "string") return child;
    if (child.kind === "code") return `code(${child.text})`;
    if (child.kind === "mention") return `<${child.user}>(${child.text})`;
    if (child.kind === "link") return `a<${child.href}>(${drawInline(child.children)})`;
    return `${child.kind}(${drawInline(child.children)})`;
  }).join("");
}

const NAMED = [{ user: 1, name: "Ann" }, { user: 2, name: "Ann Weber" }, { user: 3, name: "张三" }, { user: 4, name: "a_b*c*" }, { user: 5, name: "" }];

describe("mentions", () => {
  test.each([
    ["@Ann hello", "<1>(@Ann) hello"], ["hello @Ann Weber!", "hello <2>(@Ann Weber)!"], ["你好@张三你好", "你好<3>(@张三)你好"],
    ["**@张三**", "strong(<3>(@张三))"], ["(@Ann)", "(<1>(@Ann))"], ["@Ann和@张三", "<1>(@Ann)和<3>(@张三)"], ["@a_b*c* d", "<4>(@a_b*c*) d"],
    ["@Anna", "@Anna"], ["@Bob", "@Bob"], ["@ Ann", "@ Ann"], ["`@Ann`", "code(@Ann)"], ["mail x@Ann", "mail x@Ann"],
    ["ann@example.org @Ann", "a<mailto:ann@example.org>(ann@example.org) <1>(@Ann)"],
    ["[@Ann](https://a.example)", "a<https://a.example/>(@Ann)"],
  ])("%j", (text, expected) => {
    expect(draw(parseMarkdown(text, NAMED))).toBe(`p(${expected})`);
  });

  test("nobody is named where nobody is mentioned", () => {
    expect(line("@Ann")).toBe("@Ann");
  });

  test("many of them take no longer than other text", () => {
    const many = Array.from({ length: 64 }, (_, user) => ({ user, name: "@".repeat(99) + user }));
    // A busy machine may be slow three times running, but not that slow.
    expect(Math.min(...[1, 2, 3].map(() => timeOf("@".repeat(65536), many)))).toBeLessThan(500);
  });
});

const read = (text: string): string => draw(parseMarkdown(text));
const line = (text: string): string => /^p\(([^]*)\)$/.exec(read(text))![1]!;

describe("within a line", () => {
  test.each([
    ["plain", "plain"],
    ["**bold** and *thin*", "strong(bold) and emphasis(thin)"],
    ["__bold__ and _thin_ and ~~gone~~", "strong(bold) and emphasis(thin) and strike(gone)"],
    ["中文**粗体**中文", "中文strong(粗体)中文"],
    ["**重要。**然后", "strong(重要。)然后"],
    ["***both***", "strong(emphasis(both))"],
    ["**a *b* c**", "strong(a emphasis(b) c)"],
    ["*a **b* c**", "emphasis(a **b) c**"],
    ["2*3*4 and snake_case_name", "2*3*4 and snake_case_name"],
    ["a * b * c", "a * b * c"],
    ["**never closed", "**never closed"],
    ["****", "****"],
    ["~one~ ~~two~~", "~one~ strike(two)"],
    ["`*x*` ``a`b`` `` `q` ``", "code(*x*) code(a`b) code(`q`)"],
    ["`open", "`open"],
    ["\\*not\\* C:\\new", "*not* C:\\new"],
    ["one\ntwo", "one\ntwo"],
    ["<b>html</b> &amp;", "<b>html</b> &amp;"],
    ["#not-a-heading", "#not-a-heading"],
  ])("%j", (text, drawn) => expect(line(text)).toBe(drawn));

  test.each([
    ["[here](https://a.example/x)", "a<https://a.example/x>(here)"],
    ["[**b**](https://a.example/)", "a<https://a.example/>(strong(b))"],
    ["[x](https://a.example/(y))", "a<https://a.example/(y)>(x)"],
    ["[x](javascript:alert(1))", "[x](javascript:alert(1))"],
    ["[x](data:text/html,hi)", "[x](data:text/html,hi)"],
    ["[x](https://)", "[x](https://)"],
    ["[[x](https://a.example/)](https://b.example/)", "[a<https://a.example/>(x)](a<https://b.example/>(https://b.example/))"],
    ["**https://a.example/**", "strong(a<https://a.example/>(https://a.example/))"],
    ["_see https://a.example/b_c_", "emphasis(see a<https://a.example/b_c>(https://a.example/b_c))"],
    ["xhttps://a.example/", "xhttps://a.example/"],
    ["see www.a.example/x.", "see a<https://www.a.example/x>(www.a.example/x)."],
    ["看www.a.example。", "看a<https://www.a.example/>(www.a.example)。"],
    ["**www.a.example**", "strong(a<https://www.a.example/>(www.a.example))"],
    ["www.alone and www. and awww.a.example", "www.alone and www. and awww.a.example"],
    ["Write to ann.b_c+d@mail.example.org.", "Write to a<mailto:ann.b_c+d@mail.example.org>(ann.b_c+d@mail.example.org)."],
    ["邮箱ann@a.example，谢谢", "邮箱a<mailto:ann@a.example>(ann@a.example)，谢谢"],
    ["*ann@a.example*", "emphasis(a<mailto:ann@a.example>(ann@a.example))"],
    ["@ann ann@ a@b me@host", "@ann ann@ a@b me@host"],
    ["`ann@a.example` [ann@a.example](https://b.example/)", "code(ann@a.example) a<https://b.example/>(ann@a.example)"],
    ["https://ann@a.example/", "a<https://ann@a.example/>(https://ann@a.example/)"],
  ])("link %j", (text, drawn) => expect(line(text)).toBe(drawn));
});

describe("lines", () => {
  test.each([
    ["a\n\nb", "p(a)p(b)"],
    ["a\r\nb", "p(a\nb)"],
    ["```js\nlet *a*;\n\n```\nafter", "pre.js(let *a*;\n)p(after)"],
    ["```\nnever closed", "pre(never closed)"],
    ["> said\n> more\nanswer", "q(p(said\nmore))p(answer)"],
    ["> a\n>> b", "q(p(a)q(p(b)))"],
    ["- a\n- b\n  - c", "ul(p(a)|p(b)ul(p(c)))"],
    ["3. a\n4. b", "ol3(p(a)|p(b))"],
    ["text\n1) a\n2) b", "p(text)ol1)(p(a)|p(b))"],
    ["8) is no list", "p(8) is no list)"],
    ["text\n1) a\n3) b", "p(text\n1) a\n3) b)"],
    ["1) a\n   more\n\n2) b", "ol1)(p(a\nmore)|p(b))"],
    ["1. a\n1. b\n1. c", "ol1(p(a)|p(b)|p(c))"],
    ["1. a\n3. b", "ol1(p(a))ol3(p(b))"],
    ["1. a\n2) b", "ol1(p(a))p(2) b)"],
    ["- a\n\n- b\n\n\nc", "ul(p(a)|p(b))p(c)"],
    ["- a\n\n  more\n- b", "ul(p(a)p(more)|p(b))"],
    ["  - a\n  - b", "ul(p(a)|p(b))"],
    ["\t- a\n\t- b\n\t\t- c", "ul(p(a)|p(b)ul(p(c)))"],
    ["- a\n\t- b\n\t- c\n- d", "ul(p(a)ul(p(b)|p(c))|p(d))"],
    ["-\ta\n-\tb", "ul(p(a)|p(b))"],
    ["- a\n  ```go\n  x\n\n  \ty\n  ```", "ul(p(a)pre.go(x\n\n  y))"],
    ["- [ ] a\n- [x] b\n- [X] c\n- []d", "ul([ ]p(a)|[x]p(b)|[x]p(c)|p([]d))"],
    ["# One\n## Two ##\n### C#\ntext\n###### Six", "h1(One)h2(Two)h3(C#)p(text)h6(Six)"],
    ["####### seven\n#", "p(####### seven\n#)"],
    ["# **b** `c`", "h1(strong(b) code(c))"],
    ["> a\n>> b\n>>> c\n> d", "q(p(a)q(p(b)q(p(c)))p(d))"],
    ["> - a\n>   - b", "q(ul(p(a)ul(p(b))))"],
    ["| a | b |\n|---|--:|\n| 1 | **2** |\nafter", "table[,right](a|b/1|strong(2))p(after)"],
    ["a | b\n:-:|:--\n1 | 2 | 3\n4 |", "table[center,left](a|b/1|2 | 3/4|)"],
    ["text\n|a\\|b|`c`|\n|-|-|", "p(text)table[,](a|b|code(c))"],
    ["a | b\n- | - | -", "p(a | b)ul(p(| - | -))"],
    ["a | b\nc | d", "p(a | b\nc | d)"],
    ["- a\n1. b", "ul(p(a))ol1(p(b))"],
    ["3.14 is no list\n-1 neither", "p(3.14 is no list\n-1 neither)"],
    ["", ""],
  ])("%j", (text, drawn) => expect(read(text)).toBe(drawn));

  test("nesting ends at a depth", () => {
    expect(read(">".repeat(MAX_DEPTH + 2) + " a")).toBe(`${"q(".repeat(MAX_DEPTH)}p(>> a)${")".repeat(MAX_DEPTH)}`);
  });
});

describe("hostile text", () => {
  const size = 65_536;
  const fill = (piece: string): string => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
  const ramp = (char: string): string => Array.from({ length: 350 }, (_, at) => char.repeat(at + 1)).join(" ");
  const bombs: Record<string, string> = {
    ramp: ramp("`"), stars: ramp("*"), indents: Array.from({ length: 350 }, (_, at) => `${" ".repeat(at)}- a`).join("\n"),
  };
  for (const piece of [
    "*", "*a", "*a ", "*a**b", "*a_b~~", "_a ", "~~a", "[", "[a", "[[a]", "[a](", "[a](http://", "[a](http://(", "`", "`a", "> ", ">", "- ", "- a\n",
    "1. a\n", "  - a\n", "http://", "http://a.b/(", "http://a/a", "https://例", "mailto:a@b.", "\\", "\\*", "```\n", "\n", "> - ", "a\u0301", "🀄", "\u202e",
    "|", "|-", "| a |\n", "|a|\n|-|\n", "|-|\n", "# ", "# #\n", "#", "\t", "\t- a\n", "8) a\n", "8) a\n  ", "1) a\n2) b\n", "- [ ] ", "- a\n\n",
    "@", "a@", "a@b.", "a@b.cd", "a.", "www.", "www.a.", "www.a.bc ",
  ]) bombs[JSON.stringify(piece)] = fill(piece);

  test.each(Object.entries(bombs))("%s is read in time and in bounds", (_, text) => {
    // Some 20 ms on an idle machine, seconds with a quadratic parser. A busy machine may be slow three
    // times running, but not that slow.
    expect(Math.min(...[1, 2, 3].map(() => timeOf(text)))).toBeLessThan(250);
    expect(nodes(parseMarkdown(text))).toBeLessThanOrEqual(MAX_NODES * 2);
  });

  test("random mixtures keep every letter, and nest in bounds", () => {
    const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    console.info(`SEED=${seed}`);
    const random = mulberry(seed);
    const pieces = ["*", "**", "_", "__", "~~", "`", "``", "[", "](", ")", "](https://a.b/)", "> ", "- ", "1. ", "\n", "\n\n", "```\n", " ", "\\", "a", "中", "https://c.d/", "  ",
      "# ", "| ", "|", "\n|-|-|\n", "\t", "8) ", "- [x] ", "www.a中.中 ", "a@a.aa", "\\|"];
    for (let round = 0; round < 3000; round += 1) {
      const text = Array.from({ length: 1 + random(40) }, () => pieces[random(pieces.length)]!).join("");
      const blocks = parseMarkdown(text);
      const letters = (value: string): string => value.replace(/[^a中]/g, "");
      // Links' targets may disappear behind their labels, so only texts without labels are compared.
      if (!text.includes("](")) expect(letters(shown(blocks)), text).toBe(letters(text));
      expect(depth(blocks), text).toBeLessThanOrEqual(MAX_DEPTH * 2 + 8);
    }
  });
});

function timeOf(text: string, named?: Parameters<typeof parseMarkdown>[1]): number {
  const begin = performance.now();
  parseMarkdown(text, named);
  return performance.now() - begin;
}

function nodes(blocks: readonly Block[]): number {
  const inline = (children: readonly Inline[]): number =>
    children.reduce((sum, child) => sum + 1 + (typeof child === "string" || "text" in child ? 0 : inline(child.children)), 0);
  return blocks.reduce((sum, block) => {
    switch (block.kind) {
      case "paragraph": case "heading": return sum + 1 + inline(block.children);
      case "code": return sum + 1;
      case "quote": return sum + 1 + nodes(block.blocks);
      case "list": return sum + 1 + block.items.reduce((all, item) => all + 1 + nodes(item.blocks), 0);
      case "table": return sum + 1 + [block.head, ...block.rows].flat().reduce((all, cell) => all + 1 + inline(cell), 0);
    }
  }, 0);
}

function depth(blocks: readonly Block[]): number {
  const inline = (children: readonly Inline[]): number =>
    Math.max(0, ...children.map((child) => (typeof child === "string" || "text" in child ? 0 : 1 + inline(child.children))));
  return Math.max(0, ...blocks.map((block) => {
    switch (block.kind) {
      case "paragraph": case "heading": return 1 + inline(block.children);
      case "code": return 1;
      case "quote": return 1 + depth(block.blocks);
      case "list": return 1 + Math.max(...block.items.map((item) => depth(item.blocks)));
      case "table": return 1 + Math.max(...[block.head, ...block.rows].flat().map(inline));
    }
  }));
}

function shown(blocks: readonly Block[]): string {
  return blocks.map((block) => {
    switch (block.kind) {
      case "paragraph": case "heading": return plainText(block.children);
      case "code": return block.language + block.text;
      case "quote": return shown(block.blocks);
      case "list": return block.items.map((item) => shown(item.blocks)).join("");
      case "table": return [block.head, ...block.rows].flat().map(plainText).join("");
    }
  }).join("");
}

function mulberry(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
