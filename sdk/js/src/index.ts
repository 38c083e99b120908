/**
 * What a TypeScript client of Hongyan is made of: the wire's types, the decoder, and the delivery
 * machines of the client half.
 *
 * Promises: the machines decide as the Rust ones do; both are held to the same vectors.
 * Not here: sockets and storage.
 */
export { Heartbeat, HEARTBEAT_POLICY } from "./delivery/heartbeat/heartbeat.ts";
export type { HeartbeatAction, HeartbeatPolicy } from "./delivery/heartbeat/heartbeat.ts";
export { Incoming } from "./delivery/incoming/incoming.ts";
export { INCOMING_POLICY } from "./delivery/incoming/types.ts";
export type { Held, IncomingAction, IncomingPolicy, Snapshot } from "./delivery/incoming/types.ts";
export { Outbox, OUTBOX_POLICY } from "./delivery/outbox.ts";
export type { Append, OutboxAction, OutboxPolicy } from "./delivery/outbox.ts";
export { isTerminal, Reconnect, RECONNECT_POLICY } from "./delivery/reconnect.ts";
export type { Next, ReconnectPolicy } from "./delivery/reconnect.ts";
export { decode, GarbageError } from "./frames.ts";
export type * from "./wire.gen.ts";
