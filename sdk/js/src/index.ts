/**
 * Client of the Hongyan instant-messaging system, for browsers and Node.
 *
 * `login` → `Client.open` → `client.on(…)`, `client.send(…)`
 */
export { Client } from "./client/client.ts";
export type { SendOptions, Submission, Target } from "./client/client.ts";
export type * from "./client/events.ts";
export type { Draft } from "./client/events.ts";
export type { ClientOptions } from "./client/options.ts";
export type { Present } from "./delivery/presence.ts";
export type { Writing } from "./delivery/typing.ts";
export type { Append } from "./delivery/outbox.ts";
export { HongyanError } from "./errors.ts";
export type { MemberPage, Mute, Mutes } from "./groups.ts";
export type { Door, GroupOutside, Joiner, JoinRequest, Link, LinkTerms } from "./joining.ts";
export { login, whoAmI } from "./http.ts";
export type { LoginOptions } from "./http.ts";
export { amended, counted, isQuiet, peerOf, reach, wasIn } from "./log.ts";
export type { Change, Key, Range, Storage, Table } from "./storage/storage.ts";
export type * from "./types.ts";
export type { Draft as SyncedDraft } from "./wire.gen.ts";
export { LIMITS } from "./wire.gen.ts";
