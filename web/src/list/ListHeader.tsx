import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { go } from "../app/route.ts";
import { show } from "../app/Shortcuts.tsx";
import { modifier } from "../app/shortcuts.ts";
import { useModel } from "../model/model.ts";
import { Avatar, IconButton, MenuButton } from "../ui/index.ts";
import { w } from "./words.ts";

export function ListHeader(): JSX.Element {
  const model = useModel();
  return (
    <header class="list-header">
      <Show when={model.me()}>
        {(me) => (
          <>
            <Avatar id={me().id} name={me().name} size="s" />
            <span class="list-me" dir="auto" title={me().login}>{me().name}</span>
          </>
        )}
      </Show>
      <span class="list-header-space" />
      <IconButton icon="compose" label={w.newConversation} popup="dialog" onClick={() => show("person")} />
      <MenuButton
        icon="more"
        label={w.account}
        items={() => [
          { label: w.settings, icon: "settings", onSelect: () => go({ page: "settings" }) },
          { label: `${w.shortcuts} (${modifier}+/)`, icon: "help", onSelect: () => show("help") },
        ]}
      />
    </header>
  );
}
