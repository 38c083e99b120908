/**
 * What tabs of one account say to each other.
 *
 * follower → `call` → leader → `answer` → follower; leader → `events` → all
 */
import type { Draft, Happening, Outgoing } from "../client/events.ts";
import type { ReactionWish } from "../delivery/reactions.ts";
import type { Range } from "../engine/book.ts";
import type { UserProfile, ViewChange } from "../wire.gen.ts";

/** What a tab may ask of the one that owns the connection. Each is safe to ask twice. */
export type Call =
  | { do: "join" }
  | { do: "submit"; outgoing: Outgoing }
  | { do: "resend"; clientId: string }
  | { do: "discard"; clientId: string }
  | { do: "read"; conv: number; seq: number }
  | { do: "history"; conv: number; range: Range }
  | { do: "watch"; conv: number | null }
  | { do: "show"; conv: number; seqs: readonly number[] }
  | { do: "mentions"; conv: number; seqs: readonly number[] }
  | { do: "typing"; conv: number }
  | { do: "presence"; users: number[] }
  | { do: "view"; conv: number; change: ViewChange }
  | { do: "react"; wish: ReactionWish }
  | { do: "wake" }
  | { do: "network"; key: string }
  | { do: "profiles"; users: UserProfile[] };

export type Message =
  | { kind: "call"; from: string; id: number; call: Call }
  /** The leader says at once that it has `taken` a call, and in time what came of it. */
  | { kind: "taken"; to: string; id: number }
  | { kind: "answer"; to: string; id: number; value?: unknown; problem?: { code: string; message: string; retryAfterMs: number | null } }
  | { kind: "events"; happenings: Happening[] }
  /** This tab owns the connection from now on. */
  | { kind: "leading" }
  /** A draft changed in this tab, which also keeps it. */
  | ({ kind: "draft"; key: string } & Draft)
  /** Whether anybody sees this tab. */
  | { kind: "visible"; from: string; isVisible: boolean }
  /** Somebody looks at this tab, and time passes: timers of a leader that nobody sees may be late. */
  | { kind: "tick" }
  /** The account was signed out, by this tab. */
  | { kind: "gone" };

/** A channel to the other tabs. */
export class Channel {
  readonly #channel: BroadcastChannel;

  constructor(account: string, receive: (message: Message) => void) {
    this.#channel = new BroadcastChannel(`hongyan:${account}`);
    this.#channel.onmessage = (event: MessageEvent<Message>) => receive(event.data);
  }

  send(message: Message): void {
    this.#channel.postMessage(message);
  }

  close(): void {
    this.#channel.close();
  }
}
