// Generated from crates/protocol. Do not edit: cargo run -p hongyan-protocol --example typescript

export type EntryKind = "message" | "edit" | "recall" | "unknown";
export type ConversationKind = "direct" | "unknown";
export type Body = { type: "text"; text: string } | { type: "unknown" };

/** One line of a conversation's log. */
export interface Entry {
  conv: number;
  seq: number;
  id: number;
  kind: EntryKind;
  from: number;
  at: number;
  client_id: string;
  body?: Body;
  reply_to?: number;
  mentions?: number[];
  target?: number;
  edited_by?: number;
  recalled_by?: number;
}
export interface UserProfile { id: number; login: string; name: string; avatar?: string }
export interface MemberPosition { user: number; read: number; delivered: number }
export interface Receipt { conv: number; user: number; read: number; delivered: number }
export interface Sent { conv: number; seq: number; id: number; at: number; client_id: string }
export interface Failure { code: string; message: string; retry_after_ms?: number }
export interface Send {
  conv?: number;
  to?: number;
  client_id: string;
  body: Body;
  reply_to?: number;
  mentions?: number[];
}
export interface Edit { conv: number; seq: number; client_id: string; body: Body }
export interface Recall { conv: number; seq: number; client_id: string }
