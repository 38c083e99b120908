/** Reads what earlier programs and other tabs have kept. */
import { restoreDraft } from "../client/drafts.ts";
import type { Draft, Outgoing } from "../client/events.ts";
import type { Answered } from "../delivery/answered.ts";
import type { Cursors } from "../delivery/incoming/types.ts";
import type { Network } from "../delivery/heartbeat/memory.ts";
import type { Storage } from "../storage/storage.ts";
import type { UserProfile } from "../wire.gen.ts";
import { Row } from "./row.ts";
import type { StoredRow } from "./row.ts";

/** Records of the `meta` table, each under its own key. */
export interface Meta {
  me?: UserProfile;
  cursors?: Cursors;
  networks?: Network[];
  reads?: { conv: number; seq: number }[];
}

export interface Loaded {
  meta: Meta;
  rows: Row[];
  /** Conversations whose acks the server may not have. */
  acksOwed: Set<number>;
  profiles: UserProfile[];
  /** In the order of submission. */
  outgoing: Outgoing[];
  /** Messages that were answered. */
  answered: Answered[];
  drafts: Map<string, Draft>;
}

export async function load(storage: Storage): Promise<Loaded> {
  const [meta, conversations, users, outbox, answered, drafts] = await Promise.all([
    storage.read("meta"),
    storage.read("conversations"),
    storage.read("users"),
    storage.read("outbox"),
    storage.read("answered"),
    storage.read("drafts"),
  ]);
  const known = Object.fromEntries(meta.map(({ key, value }) => [String(key), value])) as Meta;
  const me = known.me?.id ?? 0;
  const stored = conversations.map(({ key, value }) => ({ conv: key as number, row: value as StoredRow }));
  return {
    meta: known,
    rows: stored.map(({ conv, row }) => Row.restore(conv, me, row)),
    acksOwed: new Set(stored.filter(({ row }) => row.isAckOwed).map(({ conv }) => conv)),
    profiles: users.map(({ value }) => value as UserProfile),
    outgoing: outbox.map(({ value }) => waitingAgain(value as Outgoing)),
    answered: answered.map(({ value }) => value as Answered),
    drafts: new Map(drafts.map(({ key, value }) => [String(key), restoreDraft(value)])),
  };
}

/** Whatever it was doing when the program ended. */
function waitingAgain(outgoing: Outgoing): Outgoing {
  return outgoing.state === "failed" ? outgoing : { ...outgoing, state: "waiting" };
}
