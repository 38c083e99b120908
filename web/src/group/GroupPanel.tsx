/**
 * A group beside its messages: what it is called, who is in it, and what one may change of that. On a phone it is a page.
 *
 * Promises: offers only what one's role allows, as far as this side knows; what the server refuses is said. Esc closes.
 */
import { createMemo, createSignal, For, lazy, onCleanup, onMount, Show, Suspense } from "solid-js";
import type { JSX } from "solid-js";
import type { Conversation, GroupSetting, GroupView, Who } from "@hongyan/client";
import { showAbout } from "../app/about.ts";
import { muteItem } from "../list/view-items.ts";
import { useModel } from "../model/model.ts";
import { createForm } from "../settings/form.ts";
import type { Form } from "../settings/form.ts";
import { Outcome } from "../settings/Page.tsx";
import { ask, Avatar, Icon, IconButton, Segments } from "../ui/index.ts";
import type { IconName } from "../ui/index.ts";
import { ChoosePeople } from "./ChoosePeople.tsx";
import { closedText, isAdmin } from "./closed.ts";
import { EditLine } from "./EditLine.tsx";
import "./group.css";
import { MemberList } from "./MemberList.tsx";
import { createMembers } from "./members.ts";
import type { Members } from "./members.ts";
import { createMutes } from "./mutes.ts";
import { w } from "./words.ts";

/** Of what was said before, to begin with. */
const DAYS = 30;
/** As the server has it. */
const MOST_DAYS = 365;

const Restricted = lazy(async () => ({ default: (await import("./Restricted.tsx")).Restricted }));

export interface GroupPanelProps {
  conv: number;
  onClose(): void;
}

export function GroupPanel(props: GroupPanelProps): JSX.Element {
  const model = useModel();
  const form = createForm();
  const conversation = () => model.conversation({ conv: props.conv });
  const group = createMemo(() => conversation()?.group);
  const isIn = () => conversation()?.left !== true;
  let close: HTMLButtonElement | undefined;
  const before = document.activeElement;
  onMount(() => close?.focus({ preventScroll: true }));
  onCleanup(() => before instanceof HTMLElement && before.isConnected && before.focus({ preventScroll: true }));
  return (
    <aside
      class="side" aria-label={w.info}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.preventDefault();
        props.onClose();
      }}
    >
      <header class="side-header">
        <h2 class="side-title">{w.info}</h2>
        <IconButton icon="close" label={w.close} ref={(button) => (close = button)} onClick={() => props.onClose()} />
      </header>
      <div class="side-body">
        <Show when={group()}>{(now) => <About conv={props.conv} group={now()} canChange={isIn() && isAdmin(now().role)} form={form} />}</Show>
        <Outcome text={form.text()} isProblem={form.isProblem()} />
        <Show when={isIn()} fallback={<p class="side-note">{closedText(conversation(), model.now())}</p>}>
          <Show when={conversation()}>{(now) => <Inside conversation={now()} form={form} onClose={props.onClose} />}</Show>
        </Show>
      </div>
    </aside>
  );
}

/** Its face, name and description. */
function About(props: { conv: number; group: GroupView; canChange: boolean; form: Form }): JSX.Element {
  const model = useModel();
  const isMuted = () => model.isMuted({ conv: props.conv });
  const set = (setting: { name: string } | { description: string }) =>
    props.form.run(() => model.client.setGroup(props.conv, setting), () => "");
  return (
    <>
      <div class="side-head">
        <Avatar id={props.conv} name={props.group.name} size="l" isGroup />
        <EditLine
          class="side-name" text={props.group.name} label={w.groupName} edit={w.editName} canChange={props.canChange} most={100}
          onSave={(name) => (name === "" ? Promise.resolve(false) : set({ name }))}
        />
        <EditLine
          class="side-description" text={props.group.description ?? ""} label={w.description} edit={w.editDescription} add={w.addDescription} isLong
          canChange={props.canChange} most={1000} onSave={(description) => set({ description })}
        />
      </div>
      <div class="side-actions">
        <Action icon={isMuted() ? "bell" : "bell-off"} label={isMuted() ? w.unmute : w.mute} onClick={(button) => muteItem(model, { conv: props.conv }, button).onSelect()} />
        <Action icon="search" label={w.search} onClick={() => showAbout({ conv: props.conv }, "search")} />
      </div>
    </>
  );
}

/** What members see. */
function Inside(props: { conversation: Conversation; form: Form; onClose(): void }): JSX.Element {
  const model = useModel();
  const conv = props.conversation.conv;
  const members = createMembers(model, conv);
  const [isAdding, setAdding] = createSignal(false);
  const group = () => props.conversation.group;
  const isOneAdmin = createMemo(() => isAdmin(group()?.role));
  const mutes = createMemo(() => (isOneAdmin() ? createMutes(model, conv) : null));
  const mayInvite = () => group()?.invite === "all" || isAdmin(group()?.role);
  return (
    <>
      <section class="side-part" aria-label={w.members}>
        <div class="side-line">
          <h3 class="side-heading">{w.memberCount(props.conversation.size)}</h3>
          <Show when={mayInvite()}>
            <button type="button" class="button button-quiet side-add" aria-haspopup="dialog" onClick={() => setAdding(true)}>
              <Icon name="plus" />
              {w.addPeople}
            </button>
          </Show>
        </div>
        <MemberList conv={conv} members={members} mutes={mutes()} size={props.conversation.size} own={group()?.role ?? "member"} form={props.form} />
      </section>
      <Show when={isAdmin(group()?.role) && group()}>{(now) => <Rights conv={conv} group={now()} form={props.form} />}</Show>
      <Show when={isAdmin(group()?.role)}><Order conv={conv} form={props.form} /></Show>
      <Ways conversation={props.conversation} form={props.form} />
      <Show when={isAdding()}><AddPeople conv={conv} members={members} onClose={() => setAdding(false)} /></Show>
    </>
  );
}

function AddPeople(props: { conv: number; members: Members; onClose(): void }): JSX.Element {
  const model = useModel();
  const there = createMemo(() => new Set(props.members.all().map(({ user }) => user)));
  return (
    <ChoosePeople
      title={w.addPeople}
      action={w.add}
      isTaken={(user) => there().has(user)}
      onClose={() => props.onClose()}
      onDone={async (users) => {
        await model.client.addMembers(props.conv, users);
        props.onClose();
      }}
    />
  );
}

/** Who may write, and bring others in. */
function Rights(props: { conv: number; group: GroupView; form: Form }): JSX.Element {
  const model = useModel();
  const options = () => [["all", w.everybody], ["admins", w.admins]] as const;
  const set = (setting: GroupSetting) => void props.form.run(() => model.client.setGroup(props.conv, setting), () => "");
  const one = (label: string, name: "post" | "invite", choose: (who: Who) => void) => (
    <div class="side-line">
      <span>{label}</span>
      <Segments label={`${w.rights}: ${label}`} name={`${name}-${props.conv}`} value={props.group[name]} options={options()} onChoose={choose} />
    </div>
  );
  return (
    <section class="side-part" aria-label={w.rights}>
      <h3 class="side-heading">{w.rights}</h3>
      {one(w.write, "post", (post) => set({ post }))}
      {one(w.invite, "invite", (invite) => set({ invite }))}
      <div class="side-line">
        <span>{w.pinMessages}</span>
        <Segments label={`${w.rights}: ${w.pinMessages}`} name={`pin-${props.conv}`} value={props.group.pin ?? "admins"} options={options()} onChoose={(pin) => set({ pin })} />
      </div>
      <Slow group={props.group} onChoose={(slow_s) => set({ slow_s })} />
      <Past conv={props.conv} group={props.group} form={props.form} />
    </section>
  );
}

/** How long a member waits between two messages, in seconds. */
const WAITS = [0, 10, 30, 60, 300, 3600];

function Slow(props: { group: GroupView; onChoose(seconds: number): void }): JSX.Element {
  const now = () => props.group.slow_s ?? 0;
  // One that another client has set stands among the others.
  const waits = () => [...new Set([...WAITS, now()])].sort((a, b) => a - b);
  return (
    <label class="side-block">
      <span>{w.slow}</span>
      <select class="input" onChange={(event) => props.onChoose(Number(event.currentTarget.value))}>
        <For each={waits()}>{(seconds) => <option value={seconds} selected={seconds === now()}>{waitText(seconds)}</option>}</For>
      </select>
    </label>
  );
}

function waitText(seconds: number): string {
  if (seconds === 0) return w.slowNone;
  if (seconds % 3600 === 0) return w.slowHours(seconds / 3600);
  return seconds % 60 === 0 ? w.slowMinutes(seconds / 60) : w.slowSeconds(seconds);
}

/** What those who come in may read of what was said before. */
function Past(props: { conv: number; group: GroupView; form: Form }): JSX.Element {
  const model = useModel();
  const history = () => props.group.history ?? "all";
  const options = () => [["all", w.everything], ["days", w.someDays], ["joining", w.fromJoining]] as const;
  const set = (setting: GroupSetting) => void props.form.run(() => model.client.setGroup(props.conv, setting), () => "");
  return (
    <div class="side-block">
      <span>{w.newMembers}</span>
      <Segments
        label={w.newMembers} name={`history-${props.conv}`} value={history()} options={options()}
        onChoose={(next) => set(next === "days" ? { history: next, history_days: DAYS } : { history: next })}
      />
      <Show when={history() === "days"}>
        <label class="side-line">
          <span>{w.days}</span>
          <input
            class="input side-number" type="number" min="1" max={MOST_DAYS} value={props.group.history_days ?? DAYS}
            onChange={({ currentTarget: field }) => (field.checkValidity() ? set({ history: "days", history_days: field.valueAsNumber }) : field.reportValidity())}
          />
        </label>
      </Show>
    </div>
  );
}

/** The way to those who may not write, or not come in. */
function Order(props: { conv: number; form: Form }): JSX.Element {
  const [isShown, setShown] = createSignal(false);
  return (
    <section class="side-part side-ways">
      <button type="button" class="side-way side-way-plain" aria-haspopup="dialog" onClick={() => setShown(true)}><Icon name="bell-off" />{w.restricted}</button>
      <Show when={isShown()}><Suspense><Restricted conv={props.conv} form={props.form} onClose={() => setShown(false)} /></Suspense></Show>
    </section>
  );
}

/** The ways out. */
function Ways(props: { conversation: Conversation; form: Form }): JSX.Element {
  const model = useModel();
  const { client } = model;
  const conv = props.conversation.conv;
  const name = () => props.conversation.group?.name ?? "";
  const isOwner = () => props.conversation.group?.role === "owner";
  async function leave(): Promise<void> {
    const isSure = await ask({ title: w.leaveTitle(name()), text: w.leaveText, action: w.leaveNow, isDanger: true });
    if (isSure) await props.form.run(() => client.leave(conv), () => "");
  }
  async function disband(): Promise<void> {
    const isSure = await ask({ title: w.disbandTitle(name()), text: w.disbandText, action: w.disbandNow, isDanger: true });
    if (isSure) await props.form.run(() => client.disband(conv), () => "");
  }
  return (
    <section class="side-part side-ways">
      <Show
        when={isOwner()}
        fallback={<button type="button" class="side-way" onClick={() => void leave()}><Icon name="leave" />{w.leave}</button>}
      >
        <button type="button" class="side-way" onClick={() => void disband()}><Icon name="trash" />{w.disband}</button>
        <p class="side-note">{w.ownerStays}</p>
      </Show>
    </section>
  );
}

function Action(props: { icon: IconName; label: string; onClick(button: HTMLElement): void }): JSX.Element {
  return (
    <button type="button" class="side-action" onClick={(event) => props.onClick(event.currentTarget)}>
      <Icon name={props.icon} />
      <span>{props.label}</span>
    </button>
  );
}
