import type { JSX } from "solid-js";
import { Icon } from "./Icon.tsx";
import type { IconName } from "./Icon.tsx";

export interface IconButtonProps {
  icon: IconName;
  /** What it does, in words: its name for screen readers, and its tooltip. */
  label: string;
  onClick?: (event: MouseEvent & { currentTarget: HTMLButtonElement }) => void;
  /** Before the click. */
  onPress?: () => void;
  disabled?: boolean;
  pressed?: boolean;
  /** For `aria-haspopup`. */
  popup?: "menu" | "dialog";
  /** Whether what it opens is open. */
  expanded?: boolean;
  /** As it stands in the tooltip. */
  shortcut?: string;
  type?: "button" | "submit";
  class?: string;
  ref?: (button: HTMLButtonElement) => void;
}

export function IconButton(props: IconButtonProps): JSX.Element {
  return (
    <button
      ref={(button) => props.ref?.(button)}
      type={props.type ?? "button"}
      class={`icon-button ${props.class ?? ""}`}
      aria-label={props.label}
      title={props.shortcut === undefined ? props.label : `${props.label} (${props.shortcut})`}
      aria-pressed={props.pressed}
      aria-haspopup={props.popup}
      aria-expanded={props.expanded}
      disabled={props.disabled}
      onPointerDown={() => props.onPress?.()}
      onClick={(event) => props.onClick?.(event)}
    >
      <Icon name={props.icon} />
    </button>
  );
}
