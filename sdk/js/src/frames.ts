/**
 * Reads frames from the server, and never trusts one.
 *
 * Promises: what comes out has the shape that its type says, and nothing beyond it: unknown fields
 * are dropped, `null` is absence. Refuses, with a {@link GarbageError}: whatever is too long, no JSON, or of
 * another shape.
 * Not here: what a frame means.
 */
import { LIMITS, SERVER_FRAMES, SHAPES } from "./wire.gen.ts";
import type { ServerFrame } from "./wire.gen.ts";

/** The server sent what is no frame. */
export class GarbageError extends Error {
  override readonly name = "GarbageError";
}

/** A frame was too large to be taken. */
export const TOO_LARGE = "too large";

/** One frame; null for a type of a newer server, to be passed over. */
export function decode(text: unknown): ServerFrame | null {
  if (typeof text !== "string") throw new GarbageError("not a text");
  // A character is at least a byte.
  if (text.length > LIMITS.SERVER_FRAME_BYTES) throw new GarbageError(TOO_LARGE);
  const value = parse(text);
  if (!isObject(value)) throw new GarbageError("not an object");
  const { type, req } = value;
  if (typeof type !== "string") throw new GarbageError("no type");
  if (req != null && !isInteger(req)) throw new GarbageError("req is no integer");
  const shape = Object.hasOwn(SERVER_FRAMES, type) ? SERVER_FRAMES[type] : undefined;
  if (shape === undefined) return null;
  const frame = { type, ...(req == null ? {} : { req }), ...checked(shape, value) } as unknown as ServerFrame;
  checkTogether(frame);
  return frame;
}

/** A value of this shape out of something unknown, such as the answer to an HTTP request. */
export function checked(shape: string, value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw new GarbageError(`${shape} is no object`);
  const out: Record<string, unknown> = {};
  for (const field of fieldsOf(shape)) {
    if (field.ofType !== null && value.type !== field.ofType) continue;
    const found = Object.hasOwn(value, field.name) ? value[field.name] : undefined;
    if (found == null && field.isOptional) continue;
    out[field.name] = checkedField(field, found, shape);
  }
  return out;
}

interface Field {
  name: string;
  /** Only there when `type` says this. */
  ofType: string | null;
  of: string;
  isList: boolean;
  isOptional: boolean;
}

const fields = new Map<string, Field[]>();

/** The fields of a shape, parsed once. */
function fieldsOf(shape: string): Field[] {
  let found = fields.get(shape);
  if (found === undefined) {
    found = Object.entries(SHAPES[shape] ?? {}).map(([key, of]) => {
      const tagged = /^type=(.*)\.(.*)$/.exec(key);
      return {
        name: tagged?.[2] ?? key,
        ofType: tagged?.[1] ?? null,
        of: of.replace(/[[\]?]/g, ""),
        isList: of.includes("[]"),
        isOptional: of.endsWith("?"),
      };
    });
    fields.set(shape, found);
  }
  return found;
}

function checkedField(field: Field, value: unknown, shape: string): unknown {
  if (!field.isList) return checkedValue(field.of, value, `${shape}.${field.name}`);
  if (!Array.isArray(value)) throw new GarbageError(`${shape}.${field.name} is no list`);
  return value.map((item) => checkedValue(field.of, item, `${shape}.${field.name}`));
}

function checkedValue(of: string, value: unknown, where: string): unknown {
  switch (of) {
    case "integer":
      if (isInteger(value)) return value;
      break;
    case "string":
    case "boolean":
      if (typeof value === of) return value;
      break;
    default:
      return checked(of, value);
  }
  throw new GarbageError(`${where} is no ${of}`);
}

/** What no field can say alone. */
function checkTogether(frame: ServerFrame): void {
  const pages = frame.type === "synced" ? frame.conversations : frame.type === "history" ? [frame] : [];
  for (const page of pages) {
    if (page.entries.some((entry) => entry.conv !== page.conv)) {
      throw new GarbageError("an entry of another conversation");
    }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GarbageError("not JSON");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
