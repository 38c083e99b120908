/**
 * Which addresses become links, and what people must be told about them.
 *
 * Owns: the schemes, where a bare address ends, the real host. Promises: nothing but `http`, `https`
 * and `mailto` ever becomes a link. Not here: drawing.
 */

/** Longer runs are text: no honest address is as long. */
const MAX_LENGTH = 2000;

/** ASCII that may stand in an address; quotes and angle brackets end one. */
const ASCII = "[\\w\\-.~:/?#[\\]@!$&()*+,;=%|{}^]";
/** Letters of other scripts: not punctuation, so that 「。」 and 「，」 end an address. */
const LETTER = "(?![\\x00-\\x7f])[\\p{L}\\p{N}\\p{M}]";
/** Letters that follow a separator belong to the path; letters right after a word are the next sentence. */
const TAIL = `(?:${ASCII}|(?<=[/=_#&?+.-]|${LETTER})${LETTER}){0,${MAX_LENGTH}}`;
const BARE = new RegExp(`(?:https?:\\/\\/(?:[\\w[]|${LETTER})|mailto:[\\w.+-]+@\\w)${TAIL}`, "iuy");

/** An address as people say it. Without another point it is a word. */
const WWW = new RegExp(`www\\.(?:[\\w-]|${LETTER})${TAIL}`, "iuy");
const WWW_HOST = /^www\.[^./?#:]+(?:\.[^./?#:]+)+(?=[/?#:]|$)/iu;
/** What stands before the @ of a mail address, and what behind it. */
const MAIL_NAME = /[\w+-]+(?:\.[\w+-]+)*$/;
const MAIL_HOST = /(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])/iy;
const MAIL_NAME_LENGTH = 64;

/** A run of text that looks like an address; `href` is null if it may not become a link. */
export interface BareLink {
  text: string;
  href: string | null;
}

/** What looks like an address in running text at `at`. */
export function bareLink(text: string, at: number): BareLink | null {
  BARE.lastIndex = at;
  WWW.lastIndex = at;
  const found = (BARE.exec(text) ?? WWW.exec(text))?.[0];
  if (found === undefined) return null;
  if (found.length > MAX_LENGTH) return { text: found, href: null };
  const address = withoutTrailing(found);
  if (!/^www\./i.test(address)) return { text: address, href: safeHref(address) };
  return { text: address, href: WWW_HOST.test(address) ? safeHref(`https://${address}`) : null };
}

/** The mail address around the @ at `at`, which begins at `from` or later. */
export function mailAddress(text: string, from: number, at: number): { text: string; from: number } | null {
  MAIL_HOST.lastIndex = at + 1;
  const host = MAIL_HOST.exec(text)?.[0];
  const name = host === undefined ? undefined : MAIL_NAME.exec(text.slice(Math.max(from, at - MAIL_NAME_LENGTH), at))?.[0];
  return name === undefined ? null : { text: `${name}@${host}`, from: at - name.length };
}

/** Takes off what ends the sentence rather than the address: points, marks, a bracket that nothing opened. */
function withoutTrailing(address: string): string {
  const excess: Record<string, number> = { ")": 0, "]": 0, "}": 0 };
  for (const char of address) {
    if (char === "(") excess[")"]! -= 1;
    else if (char === "[") excess["]"]! -= 1;
    else if (char === "{") excess["}"]! -= 1;
    else if (char in excess) excess[char]! += 1;
  }
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address[end - 1]!;
    if (".,;:!?*_~|^&".includes(last)) continue;
    if (last in excess && excess[last]! > 0) excess[last]! -= 1;
    else break;
  }
  return address.slice(0, end);
}

/** The normal form of an address that may become a link. */
export function safeHref(address: string): string | null {
  const url = parsed(address);
  if (url === null) return null;
  if (url.protocol === "mailto:") return url.href;
  return (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "" ? url.href : null;
}

/** What a link hides. `host` is to be shown beside it; null: its text says it all. */
export interface LinkNotice {
  host: string | null;
  /** The text pretends to lead elsewhere. */
  warn: boolean;
}

/** Compares where a link leads with what its text says. */
export function linkNotice(href: string, text: string): LinkNotice {
  const url = new URL(href);
  if (url.protocol === "mailto:") {
    return text.includes(url.pathname) ? { host: null, warn: false } : { host: url.pathname, warn: text.includes("@") };
  }
  const shown = shownHost(text);
  // `https://bank.example@evil.example/`: what stands before the @ is no host.
  const disguised = url.username !== "" || url.password !== "";
  if (shown === null) return { host: url.host, warn: disguised };
  if (disguised) return { host: url.host, warn: true };
  if (shown === url.host) return { host: null, warn: false };
  if (parsed(`https://${shown}`)?.hostname !== url.hostname) return { host: url.host, warn: true };
  const labels = shown.normalize("NFKC").toLowerCase().split(/[.:]/u);
  if (labels.every(isPlain)) return { host: null, warn: false };
  return { host: url.host, warn: !labels.every((label) => isPlain(label) || MIXED.test(label)) };
}

/** The host that a text seems to name. */
function shownHost(text: string): string | null {
  const host = /^(?:https?:\/\/)?((?:[\p{L}\p{N}_-]+\.)+[\p{L}\p{N}-]{2,}(?::\d+)?)(?=[/?#]|$)/iu.exec(text.trim());
  if (host !== null) return host[1]!.toLowerCase();
  return /^https?:\/\//i.test(text.trim()) ? (parsed(text.trim())?.host ?? null) : null;
}

function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** Latin letters with the marks of European languages, but none that is taken for another, such as ı. */
const LATIN = "0-9a-zßà-öø-ÿāăąćčďđēėęěğģīįķĺļľłńņňōőœŕřśşšţťūůűųźżžșțğơưạ-ỹ_-";
/** Chinese, Japanese and Korean mix their scripts in one name. */
const EAST = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}\\p{Script=Bopomofo}ー";
/** Labels of one script that say plainly where a link leads. Cyrillic and Greek ones need a letter without a Latin double. */
const PLAIN = [
  `[${LATIN}]+`, `[${EAST}0-9-]+`,
  "(?=.*[бвгджзийлмнптфцчшщыьэюяєґ])[а-яєіїґ0-9-]+", "(?=.*[βγδζθλμξπσςφψω])[α-ωάέήίόύώϊϋΐΰ0-9-]+",
  ...["Arabic", "Hebrew", "Thai", "Devanagari", "Bengali", "Tamil", "Georgian", "Armenian"].map((script) => `[\\p{Script=${script}}\\p{M}0-9-]+`),
].map((label) => new RegExp(`^${label}$`, "u"));
/** Beside each other these mislead nobody, but are worth a look. */
const MIXED = new RegExp(`^[${EAST}${LATIN}]+$`, "u");

function isPlain(label: string): boolean {
  return PLAIN.some((plain) => plain.test(label));
}
