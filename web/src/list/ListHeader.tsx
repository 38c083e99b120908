/** Who one is, with what belongs to that; and how the connection stands. */
import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { ConnectionNotice } from "../app/ConnectionNotice.tsx";
import { go } from "../app/route.ts";
import { leave } from "../app/leave.ts";
import { show } from "../app/Shortcuts.tsx";
import { modifier } from "../app/shortcuts.ts";
import { useModel } from "../model/model.ts";
import { Avatar, Icon, IconButton, openMenu } from "../ui/index.ts";
import { w } from "./words.ts";

const MOST = 99;

export function ListHeader(): JSX.Element {
  const model = useModel();
  const open = (anchor: HTMLElement): void => openMenu({
    label: w.account,
    items: [
      { label: w.settings, icon: "settings", onSelect: () => go({ page: "settings" }) },
      { label: `${w.shortcuts} (${modifier}+/)`, icon: "help", onSelect: () => show("help") },
      { label: w.signOut, icon: "leave", isDanger: true, onSelect: () => void leave(model) },
    ],
    anchor,
  });
  return (
    <header class="list-header">
      <button
        type="button"
        class="list-me"
        aria-label={[w.account, model.me()?.name].filter(Boolean).join(": ")}
        aria-haspopup="menu"
        title={model.me()?.login}
        onClick={(event) => open(event.currentTarget)}
      >
        <Show when={model.me()} fallback={<Icon name="person" />}>
          {(me) => (
            <>
              <Avatar id={me().id} name={me().name} size="s" />
              <bdi class="list-me-name">{me().name}</bdi>
            </>
          )}
        </Show>
        <Icon name="chevron" class="list-me-more" />
      </button>
      <ConnectionNotice />
      <span class="list-mentions">
        <IconButton icon="at" label={model.mentions() > 0 ? w.mentionsUnread(model.mentions()) : w.mentionsPage} onClick={() => go({ page: "mentions" })} />
        <Show when={model.mentions() > 0}><span class="list-mentions-count" aria-hidden="true">{model.mentions() > MOST ? `${MOST}+` : model.mentions()}</span></Show>
      </span>
    </header>
  );
}
