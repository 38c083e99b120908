/** The reactions below a message: a press sets one's own or takes it back, a long one tells who set it. */
import { For } from "solid-js";
import type { JSX } from "solid-js";
import type { Reaction } from "@hongyan/client";
import { formatCount } from "../../i18n/index.ts";
import { onLongPress } from "../../ui/press.ts";
import { w } from "../words.ts";

export interface ReactionBarProps {
  reactions: readonly Reaction[];
  canReact: boolean;
  /** Whether Tab reaches them. */
  isStop: boolean;
  onToggle(reaction: Reaction): void;
  onWho(value: string): void;
}

export function ReactionBar(props: ReactionBarProps): JSX.Element {
  const values = () => props.reactions.map(({ value }) => value);
  const now = (value: string): Reaction => props.reactions.find((one) => one.value === value) ?? { value, count: 0 };
  return (
    <div class="reactions" role="group" aria-label={w.reactions}>
      {/* By their emoji, so that a button is the same one when its number changes: it may be pressed just then. */}
      <For each={values()}>
        {(value) => (
          <button
            ref={(button) => onLongPress(button, () => props.onWho(value))}
            type="button" class="reaction" classList={{ "reaction-own": now(value).mine === true }} tabindex={props.isStop ? 0 : -1}
            aria-pressed={now(value).mine === true} aria-label={w.reactionBy(value, now(value).count)} disabled={!props.canReact}
            onClick={() => props.onToggle(now(value))}
            onContextMenu={(event) => {
              event.preventDefault();
              event.stopPropagation();
              props.onWho(value);
            }}
          >
            <span class="reaction-sign" aria-hidden="true">{value}</span>
            <span class="reaction-count" aria-hidden="true">{formatCount(now(value).count)}</span>
          </button>
        )}
      </For>
    </div>
  );
}
