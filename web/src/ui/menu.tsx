/**
 * Menus.
 *
 * Owns: the one menu that is open, in one host for the whole app. Promises: arrow keys, Home, End
 * and first letters move; Esc and a click elsewhere close; the focus returns to where it was.
 */
import { createSignal, For, onCleanup, onMount, Show } from "solid-js";
import type { JSX } from "solid-js";
import { Icon } from "./Icon.tsx";
import type { IconName } from "./Icon.tsx";
import { IconButton } from "./IconButton.tsx";
import type { IconButtonProps } from "./IconButton.tsx";
import { nextItem } from "./menu-keys.ts";
import { placeBeside } from "./place.ts";

export interface MenuItem {
  label: string;
  icon?: IconName;
  isDanger?: boolean;
  disabled?: boolean;
  /** For an item that is on or off. */
  checked?: boolean;
  onSelect(): void;
}

export interface QuickItem {
  /** What it shows: an emoji, or an icon. */
  sign?: string;
  icon?: IconName;
  /** Its name for screen readers. */
  label: string;
  checked?: boolean;
  onSelect(): void;
}

export interface MenuOptions {
  /** The menu's name for screen readers. */
  label: string;
  items: readonly MenuItem[];
  /** Short ones, in a row above the others. */
  quick?: readonly QuickItem[];
  /** The button that it belongs to, or a point of the window. */
  anchor: HTMLElement | { x: number; y: number };
}

const [open, setOpen] = createSignal<MenuOptions | null>(null);

/** Opens a menu, in place of the one that is open. */
export function openMenu(options: MenuOptions): void {
  setOpen(options);
}

/** A button that opens a menu. */
export function MenuButton(props: Omit<IconButtonProps, "onClick" | "popup"> & { items(): readonly MenuItem[] }): JSX.Element {
  return (
    <IconButton
      {...props}
      popup="menu"
      onClick={(event) => openMenu({ label: props.label, items: props.items(), anchor: event.currentTarget })}
    />
  );
}

export function MenuHost(): JSX.Element {
  return (
    <Show when={open()} keyed>
      {(options) => <Menu {...options} onClose={() => setOpen(null)} />}
    </Show>
  );
}

function Menu(props: MenuOptions & { onClose(): void }): JSX.Element {
  let menu!: HTMLDivElement;
  const before = document.activeElement;
  const items = () => [...menu.querySelectorAll<HTMLElement>("[role^=menuitem]:not(:disabled)")];

  onMount(() => {
    menu.showPopover();
    placeBeside(menu, props.anchor);
    items()[0]?.focus();
  });
  onCleanup(() => {
    if (menu.contains(document.activeElement) || document.activeElement === document.body) {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    }
  });

  function onKeyDown(event: KeyboardEvent): void {
    const all = items();
    const isQuick = (event.target as Element).closest(".menu-quick") !== null;
    const key = isQuick ? ({ ArrowRight: "ArrowDown", ArrowLeft: "ArrowUp" }[event.key] ?? event.key) : event.key;
    const to = nextItem(key, all.map((item) => item.textContent ?? ""), all.indexOf(document.activeElement as HTMLElement));
    if (event.key === "Tab") props.onClose();
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    all[to]?.focus();
  }
  function choose(item: Pick<MenuItem, "onSelect">): void {
    props.onClose();
    item.onSelect();
  }
  return (
    <div
      ref={menu}
      class="menu"
      role="menu"
      aria-label={props.label}
      popover="auto"
      onKeyDown={onKeyDown}
      onToggle={(event) => event.newState === "closed" && props.onClose()}
    >
      <Show when={props.quick}>
        {(quick) => (
          <div class="menu-quick" role="group">
            <For each={quick()}>
              {(item) => (
                <button
                  type="button" class="menu-quick-item" tabindex="-1" aria-label={item.label} title={item.label}
                  role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"} aria-checked={item.checked} onClick={() => choose(item)}
                >
                  {item.icon === undefined ? item.sign : <Icon name={item.icon} />}
                </button>
              )}
            </For>
          </div>
        )}
      </Show>
      <For each={props.items}>
        {(item) => (
          <button
            type="button"
            class={`menu-item ${item.isDanger ? "menu-item-danger" : ""}`}
            role={item.checked === undefined ? "menuitem" : "menuitemcheckbox"}
            aria-checked={item.checked}
            disabled={item.disabled}
            tabindex="-1"
            onClick={() => choose(item)}
          >
            <Show when={item.icon}>{(icon) => <Icon name={icon()} />}</Show>
            <span class="menu-item-label">{item.label}</span>
            <Show when={item.checked}>
              <Icon name="check" />
            </Show>
          </button>
        )}
      </For>
    </div>
  );
}
