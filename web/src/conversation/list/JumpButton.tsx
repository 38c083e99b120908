import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { Icon } from "../../ui/index.ts";
import { w } from "../words.ts";

const MOST = 99;

/** Leads to the end of the log, and says how much there is to read on the way. */
export function JumpButton(props: { count: number; onJump(): void }): JSX.Element {
  const label = () => (props.count > 0 ? w.latestNew(props.count) : w.latest);
  return (
    <button type="button" class="jump" aria-label={label()} title={label()} onClick={() => props.onJump()}>
      <Icon name="down" />
      <Show when={props.count > 0}><Count of={props.count} /></Show>
    </button>
  );
}

/** Leads to the next unread message that mentions the user. */
export function MentionButton(props: { count: number; onJump(): void }): JSX.Element {
  return (
    <button type="button" class="jump jump-mention" aria-label={w.nextMention(props.count)} title={w.nextMention(props.count)} onClick={() => props.onJump()}>
      <Icon name="at" />
      <Count of={props.count} />
    </button>
  );
}

function Count(props: { of: number }): JSX.Element {
  return <span class="jump-count">{props.of > MOST ? `${MOST}+` : props.of}</span>;
}
