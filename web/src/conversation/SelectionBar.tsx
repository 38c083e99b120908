/** Stands in place of the message box while messages are selected: how many, and what can be done with them. */
import type { JSX } from "solid-js";
import { Icon, IconButton } from "../ui/index.ts";
import { w } from "./words.ts";

export interface SelectionBarProps {
  count: number;
  onForward(): void;
  onCopy(): void;
  onEnd(): void;
}

export function SelectionBar(props: SelectionBarProps): JSX.Element {
  return (
    <div class="selection" role="toolbar" aria-label={w.selectHint}>
      <IconButton icon="close" label={w.endSelection} onClick={() => props.onEnd()} />
      <p class="selection-count" role="status">{w.selected(props.count)}</p>
      <button type="button" class="button" disabled={props.count === 0} onClick={() => props.onCopy()}><Icon name="copy" />{w.copyAll}</button>
      <button type="button" class="button button-main" disabled={props.count === 0} aria-haspopup="dialog" onClick={() => props.onForward()}>
        <Icon name="forward" />{w.forward}
      </button>
    </div>
  );
}
