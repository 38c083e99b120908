import { describe, expect, test } from "vitest";
import { bareLink, linkNotice, safeHref } from "./links.ts";

describe("a bare address ends where the sentence goes on", () => {
  test.each([
    ["https://a.example/b", "https://a.example/b"],
    ["https://a.example/b.", "https://a.example/b"],
    ["https://a.example/b?c=d&e=f#g, then", "https://a.example/b?c=d&e=f#g"],
    ["https://a.example/b。然后", "https://a.example/b"],
    ["https://a.example/b，然后", "https://a.example/b"],
    ["https://a.example/b）后", "https://a.example/b"],
    ["https://a.example/b然后", "https://a.example/b"],
    ["https://a.example然后", "https://a.example"],
    ["https://zh.wikipedia.org/wiki/鸿雁。", "https://zh.wikipedia.org/wiki/鸿雁"],
    ["http://例子.中国/路", "http://例子.中国/路"],
    ["https://a.example/x_(y))", "https://a.example/x_(y)"],
    ["https://a.example/x)", "https://a.example/x"],
    ["https://a.example/<b>", "https://a.example/"],
    ['https://a.example/"', "https://a.example/"],
    ["mailto:ann@a.example!", "mailto:ann@a.example"],
    ["http://[::1]:8080/x", "http://[::1]:8080/x"],
  ])("%j", (text, link) => expect(bareLink(text, 0)?.text).toBe(link));

  test.each(["https://", "https:// a", "ftp://a.example", "javascript:alert(1)", `https://a.example/${"x".repeat(5000)}`])(
    "%j is none", (text) => expect(bareLink(text, 0)?.href ?? null).toBeNull());
});

test.each([
  ["javascript:alert(1)", null], [" https://a.example", "https://a.example/"], ["//a.example", null], ["data:text/html,x", null],
  ["file:///etc/passwd", null], ["JAVASCRIPT:x", null], ["HTTPS://A.example", "https://a.example/"], ["mailto:a@b.example", "mailto:a@b.example"],
])("%j may lead to %j", (address, href) => expect(safeHref(address)).toBe(href));

describe("what a link hides is shown", () => {
  const notice = (address: string, text = address): [string | null, boolean] => {
    const { host, warn } = linkNotice(safeHref(address)!, text);
    return [host, warn];
  };
  test.each([
    ["https://a.example/x", undefined, null, false],
    ["https://a.example/x", "a.example", null, false],
    ["https://a.example/x", "click", "a.example", false],
    ["https://evil.example/", "https://bank.example/", "evil.example", true],
    ["https://evil.example/", "bank.example", "evil.example", true],
    ["https://bank.example@evil.example/", undefined, "evil.example", true],
    ["https://bank.example@evil.example/", "click", "evil.example", true],
    ["https://аррӏе.com/", undefined, "xn--80ak6aa92e.com", true],
    ["https://例子.中国/", undefined, null, false],
    ["https://例子.中国:8080/路", "例子.中国:8080", null, false],
    ["https://www.鸿雁.网络/", "www.鸿雁.网络", null, false],
    ["https://ドメイン名例.jp/", undefined, null, false],
    ["https://münchen.example/", undefined, null, false],
    ["https://почта.рф/", undefined, null, false],
    ["https://例子.中国/", "点这里", "xn--fsqu00a.xn--fiqs8s", false],
    ["https://abc例子.中国/", undefined, "xn--abc-xc0e315c.xn--fiqs8s", false],
    ["https://аpple.com/", undefined, "xn--pple-43d.com", true],
    ["https://gοοgle.com/", undefined, "xn--ggle-0nda.com", true],
    ["https://www.a.example/x", "www.a.example/x", null, false],
    ["mailto:a@b.example", undefined, null, false],
    ["mailto:a@b.example", "c@d.example", "a@b.example", true],
  ])("%j as %j", (address, text, host, warn) => expect(notice(address, text)).toEqual([host, warn]));
});
