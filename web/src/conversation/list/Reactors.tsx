/** Who set which reaction to a message. */
import { createEffect, createSignal, For, on, Show } from "solid-js";
import type { JSX } from "solid-js";
import type { Reaction, UserProfile } from "@hongyan/client";
import { errorText } from "../../app/errors.ts";
import { formatCount } from "../../i18n/index.ts";
import { useModel } from "../../model/model.ts";
import { Avatar, Dialog } from "../../ui/index.ts";
import { w } from "../words.ts";

const PAGE = 100;

export interface ReactorsProps {
  conv: number;
  seq: number;
  reactions: readonly Reaction[];
  /** The one that is asked about first. */
  value: string;
  onClose(): void;
}

export function Reactors(props: ReactorsProps): JSX.Element {
  const model = useModel();
  const [value, choose] = createSignal(props.value);
  const [users, setUsers] = createSignal<readonly UserProfile[]>([]);
  const [isMore, setMore] = createSignal(false);
  const [problem, setProblem] = createSignal<unknown>(null);
  const [isLoading, setLoading] = createSignal(false);
  const count = () => props.reactions.find((one) => one.value === value())?.count;

  async function more(): Promise<void> {
    const asked = value();
    setLoading(true);
    setProblem(null);
    try {
      const page = await model.client.reactors(props.conv, props.seq, asked, { after: users().at(-1)?.id ?? 0, limit: PAGE });
      if (asked !== value()) return;
      model.learn(page.users);
      setUsers([...users(), ...page.users]);
      setMore(page.more);
    } catch (error) {
      if (asked === value()) setProblem(() => error);
    } finally {
      if (asked === value()) setLoading(false);
    }
  }
  // Again when their number changes.
  createEffect(on([value, count], () => {
    setUsers([]);
    void more();
  }));
  return (
    <Dialog title={w.reactions} onClose={props.onClose}>
      <div class="reactors-values" role="group" aria-label={w.reactions}>
        <For each={props.reactions}>
          {(one) => (
            <button type="button" class="reaction" classList={{ "reaction-own": one.value === value() }} aria-pressed={one.value === value()} aria-label={w.reactionBy(one.value, one.count)} onClick={() => choose(one.value)}>
              <span class="reaction-sign" aria-hidden="true">{one.value}</span>
              <span class="reaction-count" aria-hidden="true">{formatCount(one.count)}</span>
            </button>
          )}
        </For>
      </div>
      <div class="readers" tabindex="0">
        <ul aria-label={w.reactedWith(value())}>
          <For each={users()}>
            {(user) => (
              <li class="readers-person">
                <Avatar id={user.id} name={user.name} size="s" />
                <bdi class="readers-name">{model.shownName(user)}</bdi>
              </li>
            )}
          </For>
        </ul>
        <p class="side-note" role="status">
          <Show when={isLoading()}>{w.loadingPeople}</Show>
          <Show when={problem() !== null}>{errorText(problem())}</Show>
        </p>
        <Show when={isMore() && !isLoading()}><button type="button" class="button button-quiet" onClick={() => void more()}>{w.showMore}</button></Show>
      </div>
    </Dialog>
  );
}
