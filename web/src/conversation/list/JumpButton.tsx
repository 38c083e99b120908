import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { Icon } from "../../ui/index.ts";
import { w } from "../words.ts";

/** Leads to the end of the log, and says how much there is to read on the way. */
export function JumpButton(props: { count: number; onJump(): void }): JSX.Element {
  const label = () => (props.count > 0 ? w.latestNew(props.count) : w.latest);
  return (
    <button type="button" class="jump" aria-label={label()} title={label()} onClick={() => props.onJump()}>
      <Icon name="down" />
      <Show when={props.count > 0}><span class="jump-count">{props.count > 99 ? "99+" : props.count}</span></Show>
    </button>
  );
}
