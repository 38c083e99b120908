/**
 * Who has read a message of one's own, and who has not: in a conversation of more than two.
 *
 * Promises: where members are told, from their positions, and as these move; else page by page, as the server says.
 */
import { createEffect, createMemo, createSignal, createUniqueId, For, on, Show, untrack } from "solid-js";
import type { Accessor, JSX } from "solid-js";
import { wasIn } from "@hongyan/client";
import type { Conversation, Member, UserProfile } from "@hongyan/client";
import { errorText } from "../../app/errors.ts";
import { useModel } from "../../model/model.ts";
import type { Model } from "../../model/model.ts";
import { Avatar, Dialog, Segments } from "../../ui/index.ts";
import { w } from "../words.ts";

const PAGE = 100;

export interface ReadersProps {
  conversation: Conversation;
  /** The message. */
  seq: number;
  onClose(): void;
}

type Tab = "read" | "not";

/** Some people, perhaps the first of many. */
interface Some {
  users: Accessor<readonly UserProfile[]>;
  isLoading: Accessor<boolean>;
  problem: Accessor<unknown>;
  isMore: Accessor<boolean>;
  more(): Promise<void>;
}

export function Readers(props: ReadersProps): JSX.Element {
  const model = useModel();
  const name = createUniqueId();
  const [tab, choose] = createSignal<Tab>("read");
  const told = createMemo(() => props.conversation.members?.filter((member) => member.user !== model.me()?.id && wasIn(member, props.seq)));
  const isRead = (member: Member) => member.read >= props.seq;
  const readers = () => told()?.filter(isRead).length ?? model.readBy(props.conversation.conv, props.seq);
  const others = () => (told() === undefined ? null : told()!.filter((member) => !isRead(member)).length);
  const paged = pages(model, untrack(() => props.conversation.conv), untrack(() => props.seq), tab, () => told() === undefined);
  const users = () => {
    const members = told();
    if (members === undefined) return paged.users();
    return members.filter((member) => isRead(member) === (tab() === "read")).map(({ user }) => model.profile(user));
  };
  return (
    <Dialog title={w.readers} onClose={props.onClose} class="readers-dialog">
      <div class="readers-tabs">
        <Segments label={w.readers} name={name} value={tab()} options={[["read", w.readersRead(readers())], ["not", w.readersNot(others())]] as const} onChoose={choose} />
      </div>
      <div class="readers" tabindex="0">
        <ul aria-label={tab() === "read" ? w.readersRead(null) : w.readersNot(null)}>
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
          <Show when={paged.isLoading()}>{w.loadingPeople}</Show>
          <Show when={paged.problem() !== null}>{errorText(paged.problem())}</Show>
          <Show when={users().length === 0 && !paged.isLoading() && paged.problem() === null}>{tab() === "read" ? w.nobodyRead : w.allRead}</Show>
        </p>
        <Show when={paged.isMore() && !paged.isLoading()}>
          <button type="button" class="button button-quiet" onClick={() => void paged.more()}>{paged.problem() === null ? w.showMore : w.retry}</button>
        </Show>
      </div>
    </Dialog>
  );
}

/** As the server says, where that is wanted. */
function pages(model: Model, conv: number, seq: number, tab: Accessor<Tab>, isWanted: Accessor<boolean>): Some {
  const [users, setUsers] = createSignal<readonly UserProfile[]>([]);
  const [isMore, setMore] = createSignal(false);
  const [problem, setProblem] = createSignal<unknown>(null);
  const [isLoading, setLoading] = createSignal(false);
  // Of several questions on the way the last one counts.
  let asked = 0;
  async function more(): Promise<void> {
    const mine = (asked += 1);
    setLoading(true);
    setProblem(null);
    try {
      const page = await model.client.readers(conv, seq, { after: users().at(-1)?.id ?? 0, limit: PAGE, ...(tab() === "not" && { unread: true }) });
      if (mine !== asked) return;
      model.learn(page.users);
      setUsers([...users(), ...page.users]);
      setMore(page.more);
    } catch (error) {
      if (mine !== asked) return;
      setProblem(() => error);
      setMore(true);
    } finally {
      if (mine === asked) setLoading(false);
    }
  }
  // Those who read meanwhile come with the next look: a list that somebody reads does not begin anew.
  createEffect(on([tab, isWanted], ([, wanted]) => {
    setUsers([]);
    setMore(false);
    if (wanted) void more();
  }));
  return { users, isLoading, problem, isMore, more };
}
