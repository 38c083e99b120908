/** What the handle needs of whoever owns the connection: an engine here, or in another tab. */
import type { Draft, Outgoing } from "../client/events.ts";
import type { ReactionWish } from "../delivery/reactions.ts";
import type { Range } from "../engine/book.ts";
import type { HistoryPage, UserPresence, UserProfile, ViewChange } from "../wire.gen.ts";

export interface Backend {
  /** Resolves when the request is kept on this device. */
  submit(outgoing: Outgoing): Promise<void>;
  resend(clientId: string): Promise<void>;
  discard(clientId: string): Promise<boolean>;
  read(conv: number, seq: number): void;
  history(conv: number, range: Range): Promise<HistoryPage>;
  /** Somebody looks at this conversation, here. */
  watch(conv: number | null): Promise<void>;
  /** These messages of it are on the screen, here. */
  show(conv: number, seqs: readonly number[]): Promise<void>;
  typing(conv: number): void;
  presence(users: number[]): Promise<UserPresence[]>;
  /** Resolves when the server has it. */
  setView(conv: number, change: ViewChange): Promise<void>;
  /** Resolves when the server has it. */
  react(wish: ReactionWish): Promise<void>;
  wake(): void;
  setNetwork(key: string): void;
  /** Whether somebody sees this page. */
  setVisible(isVisible: boolean): void;
  /** A draft changed here. */
  draft(key: string, draft: Draft): void;
  profiles(users: UserProfile[]): void;
  /** All unread messages of a conversation that mention the user. */
  mentions(conv: number, seqs: readonly number[]): Promise<void>;
  close(): Promise<void>;
}
