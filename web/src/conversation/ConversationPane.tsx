import type { JSX } from "solid-js";
import type { Place } from "../model/keys.ts";

/** One conversation. Mounted anew for each place; `at` may change. */
export function ConversationPane(_props: { place: Place; at?: number; onBack(): void }): JSX.Element {
  return <div class="conversation-pane" />;
}
