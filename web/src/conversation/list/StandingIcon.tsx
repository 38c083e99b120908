import type { JSX } from "solid-js";
import { Icon } from "../../ui/index.ts";
import type { IconName } from "../../ui/index.ts";
import type { Standing } from "../log/standing.ts";
import { standingText } from "./describe.ts";

const ICONS: Record<Standing["kind"], IconName> = {
  waiting: "clock", sending: "clock", failed: "error", sent: "check", delivered: "check-double", read: "check-double",
};

/** A mark for how far a message has come. Its words are part of the message's sentence. */
export function StandingIcon(props: { standing: Standing }): JSX.Element {
  return (
    <span class={`message-standing message-standing-${props.standing.kind}`} data-standing={props.standing.kind} title={standingText(props.standing)}>
      <Icon name={ICONS[props.standing.kind]} />
    </span>
  );
}
