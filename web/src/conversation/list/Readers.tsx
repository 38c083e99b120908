/** Who has read a message of one's own, and who has not yet: in a conversation of more than two. */
import { For, Show } from "solid-js";
import type { JSX } from "solid-js";
import { wasIn } from "@hongyan/client";
import type { Conversation, MemberPosition } from "@hongyan/client";
import { useModel } from "../../model/model.ts";
import { Avatar, Dialog } from "../../ui/index.ts";
import { w } from "../words.ts";

export interface ReadersProps {
  conversation: Conversation;
  /** The message. */
  seq: number;
  onClose(): void;
}

export function Readers(props: ReadersProps): JSX.Element {
  const model = useModel();
  const others = () => (props.conversation.members ?? []).filter((member) => member.user !== model.me()?.id && wasIn(member, props.seq));
  const groups = (): [string, MemberPosition[]][] => [
    [w.read, others().filter((one) => one.read >= props.seq)],
    [w.delivered, others().filter((one) => one.read < props.seq && one.delivered >= props.seq)],
    [w.notYet, others().filter((one) => one.delivered < props.seq && one.read < props.seq)],
  ];
  return (
    <Dialog title={w.readers} onClose={props.onClose}>
      <div class="readers">
        <For each={groups()}>
          {([title, members]) => (
            <Show when={members.length > 0}>
              <h3 class="readers-title">{title}</h3>
              <ul>
                <For each={members}>
                  {({ user }) => (
                    <li class="readers-person">
                      <Avatar id={user} name={model.profile(user).name} size="s" />
                      <bdi class="readers-name">{model.profile(user).name}</bdi>
                    </li>
                  )}
                </For>
              </ul>
            </Show>
          )}
        </For>
      </div>
    </Dialog>
  );
}
