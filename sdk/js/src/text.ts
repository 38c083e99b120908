/** What a message may say. */
import { HongyanError } from "./errors.ts";
import { LIMITS } from "./wire.gen.ts";

const encoder = new TextEncoder();

/** Half of a character, which is none: what a text may be cut into, and no server takes. */
const LONE_SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** The length of a text as the server counts it. */
export function textBytes(text: string): number {
  return encoder.encode(text).length;
}

/** A short text beside the body that a server takes. Throws a {@link HongyanError} when it is empty or longer than
 * so many bytes. */
export function checkLabel(name: string, text: string, most: number): string {
  const clean = text.replaceAll("\0", "").replace(LONE_SURROGATES, "\ufffd");
  if (clean === "") throw new HongyanError("bad_request", `the ${name} is empty`);
  if (textBytes(clean) > most) throw new HongyanError("too_large", `the ${name} has at most ${most} bytes`);
  return clean;
}

/** A text that a server takes. Throws a {@link HongyanError} when there is nothing left of it, or too
 * much. */
export function checkText(text: string): string {
  const clean = text.replaceAll("\0", "").replace(LONE_SURROGATES, "\ufffd");
  if (clean === "") throw new HongyanError("bad_request", "the text is empty");
  const bytes = textBytes(clean);
  if (bytes > LIMITS.TEXT_BYTES) {
    throw new HongyanError("too_large", `the text has ${bytes} bytes, ${LIMITS.TEXT_BYTES} are allowed`);
  }
  return clean;
}
