/** Who is in a group, with their roles, and what can be done with each. */
import { createEffect, createMemo, createSignal, For, Show } from "solid-js";
import type { JSX } from "solid-js";
import type { GroupMember, Role } from "@hongyan/client";
import { showAbout } from "../app/about.ts";
import { errorText } from "../app/errors.ts";
import { go } from "../app/route.ts";
import { formatStamp } from "../i18n/index.ts";
import { dotOf, presenceText } from "../live/presence.ts";
import { ofPerson } from "../list/candidates.ts";
import { find } from "../list/find.ts";
import { useModel } from "../model/model.ts";
import { FOREVER } from "../model/view.ts";
import type { Form } from "../settings/form.ts";
import { ask, Avatar, Icon, openMenu } from "../ui/index.ts";
import type { MenuItem } from "../ui/index.ts";
import { inOrder } from "./members.ts";
import type { Members } from "./members.ts";
import type { Mutes } from "./mutes.ts";
import { w } from "./words.ts";

const HOUR_MS = 3_600_000;

/** So many can be looked over without a search. */
const FEW = 8;
/** Drawn at a time; more come when the end is reached. */
const STEP = 100;

export interface MemberListProps {
  conv: number;
  members: Members;
  /** Who may not write; null where that is not told to one. */
  mutes: Mutes | null;
  size: number;
  /** One's own role. */
  own: Role;
  form: Form;
}

export function MemberList(props: MemberListProps): JSX.Element {
  const model = useModel();
  const [typed, setTyped] = createSignal("");
  const [drawn, setDrawn] = createSignal(STEP);
  const isTyped = () => typed().trim() !== "";
  const ordered = createMemo(() => (isTyped() ? [] : inOrder(props.members.all(), (user) => model.profile(user).name)));
  // As they come: what is found has an order of its own.
  const known = createMemo(() => (isTyped() ? props.members.all().map(({ user }) => ofPerson(model, model.profile(user))) : []));
  const found = find(model, typed, known);
  // Whom the server finds may not be in the group.
  createEffect(() => isTyped() && void props.members.rest());
  const shown = createMemo(() => {
    if (!isTyped()) return ordered();
    const roles = new Map(props.members.all().map((member) => [member.user, member]));
    return found.options().flatMap(({ id }) => roles.get(id) ?? []);
  });
  const more = () => {
    if (shown().length > drawn()) setDrawn(drawn() + STEP);
    else if (!isTyped()) void props.members.more().then(() => setDrawn(drawn() + STEP));
  };
  const isMore = () => shown().length > drawn() || (!isTyped() && props.members.all().length < props.size);
  return (
    <>
      <Show when={props.size > FEW}>
        <input
          class="input side-search" type="search" aria-label={w.searchMembers} placeholder={w.searchMembers} autocomplete="off" spellcheck={false} maxlength="200" dir="auto"
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </Show>
      <ul class="members" aria-label={w.members}>
        <For each={shown().slice(0, drawn())}>{(member) => <li><Member member={member} list={props} /></li>}</For>
      </ul>
      <p class="side-note" role="status">
        <Show when={props.members.isLoading()}>{w.loading}</Show>
        <Show when={!props.members.isLoading() && props.members.problem() !== null}>{errorText(props.members.problem())}</Show>
        <Show when={!props.members.isLoading() && isTyped() && shown().length === 0}>{w.nobody}</Show>
      </p>
      <Show when={!props.members.isLoading() && (isMore() || props.members.problem() !== null)}>
        <button type="button" class="button button-quiet" onClick={more}>{props.members.problem() === null ? w.more : w.retry}</button>
      </Show>
    </>
  );
}

function Member(props: { member: GroupMember; list: MemberListProps }): JSX.Element {
  const model = useModel();
  const name = () => model.shownName(model.profile(props.member.user));
  const presence = model.watchPresence(() => (props.member.user === model.me()?.id ? null : props.member.user));
  const until = () => props.list.mutes?.until(props.member.user) ?? 0;
  const mutedText = () => (until() >= FOREVER ? w.isMuted : w.isMutedUntil(formatStamp(until())));
  const role = () => ({ owner: w.owner, admin: w.admin })[props.member.role as "owner" | "admin"] ?? "";
  return (
    <button
      type="button" class="member" aria-haspopup="menu"
      onClick={(event) => openMenu({ label: w.actionsFor(name()), items: actionsOn(model, props.member, props.list, name(), event.currentTarget), anchor: event.currentTarget })}
    >
      <Avatar id={props.member.user} name={model.profile(props.member.user).name} size="s" presence={dotOf(presence())} />
      <bdi class="member-name">{name()}</bdi>
      <Show when={props.member.user === model.me()?.id}><span class="member-you">{w.youToo}</span></Show>
      <Show when={dotOf(presence()) !== null}><span class="unseen">{presenceText(presence(), model.now())}</span></Show>
      <Show when={until() > 0}>
        <span class="member-muted" title={mutedText()}><Icon name="bell-off" /><span class="unseen">{mutedText()}</span></span>
      </Show>
      <Show when={role() !== ""}><span class="member-role">{role()}</span></Show>
      <Icon name="chevron" class="member-more" />
    </button>
  );
}

/** What can be done with a member, as far as one's own role allows. */
function actionsOn(model: ReturnType<typeof useModel>, { user, role }: GroupMember, list: MemberListProps, name: string, anchor: HTMLElement): MenuItem[] {
  const { client } = model;
  const { conv, form, own } = list;
  const isSelf = user === model.me()?.id;
  const items: MenuItem[] = [{ label: w.profile, icon: "person", onSelect: () => showAbout({ to: user }) }];
  if (isSelf) return items;
  items.unshift({ label: w.message, icon: "message", onSelect: () => go({ page: "conversation", place: model.canonical({ to: user }) }) });
  const setRole = (next: Role) => void form.run(() => client.setRole(conv, user, next), () => "");
  async function makeOwner(): Promise<void> {
    if (await ask({ title: w.makeOwnerTitle(name), text: w.makeOwnerText, action: w.makeOwner })) setRole("owner");
  }
  async function remove(): Promise<void> {
    const isSure = await ask({ title: w.removeTitle(name), text: w.removeText, action: w.removeNow, isDanger: true });
    if (isSure) await form.run(() => client.removeMember(conv, user), () => "");
  }
  if (own === "owner") {
    if (role === "admin") items.push({ label: w.makeMember, icon: "undo", onSelect: () => setRole("member") });
    else items.push({ label: w.makeAdmin, icon: "up", onSelect: () => setRole("admin") });
    items.push({ label: w.makeOwner, icon: "people", onSelect: () => void makeOwner() });
  }
  async function ban(): Promise<void> {
    const isSure = await ask({ title: w.banTitle(name), text: w.banText, action: w.banNow, isDanger: true });
    if (isSure) await form.run(() => client.ban(conv, [user]), () => "");
  }
  const mute = (hours: number): void => {
    const until = hours === Infinity ? FOREVER : Date.now() + hours * HOUR_MS;
    void form.run(() => client.muteMember(conv, user, until), () => "");
  };
  const times = (): MenuItem[] => [
    { label: w.muteFor(1), onSelect: () => mute(1) }, { label: w.muteFor(24), onSelect: () => mute(24) },
    { label: w.muteWeek, onSelect: () => mute(7 * 24) }, { label: w.muteForever, onSelect: () => mute(Infinity) },
  ];
  if (own === "owner" || (own === "admin" && role === "member")) {
    if ((list.mutes?.until(user) ?? 0) > 0) items.push({ label: w.unmuteMember, icon: "bell", onSelect: () => void form.run(() => client.unmuteMember(conv, user), () => "") });
    else items.push({ label: w.muteMember, icon: "bell-off", onSelect: () => openMenu({ label: w.muteMember, items: times(), anchor }) });
    items.push({ label: w.remove, icon: "trash", isDanger: true, onSelect: () => void remove() });
    items.push({ label: w.ban, icon: "leave", isDanger: true, onSelect: () => void ban() });
  }
  return items;
}
