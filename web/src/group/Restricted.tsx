/** Who may not write in a group, and who may not come in; with the way to lift that. */
import { createSignal, For, Show } from "solid-js";
import type { JSX } from "solid-js";
import type { Mute, UserProfile } from "@hongyan/client";
import { errorText } from "../app/errors.ts";
import { formatStamp } from "../i18n/index.ts";
import { useModel } from "../model/model.ts";
import type { Form } from "../settings/form.ts";
import { Avatar, Dialog } from "../ui/index.ts";
import { w } from "./words.ts";

const PAGE = 100;
/** The year 3000: later times stand for no end, in ms. */
const FAR = 32_503_680_000_000;

export function Restricted(props: { conv: number; form: Form; onClose(): void }): JSX.Element {
  const model = useModel();
  const { client } = model;
  const [muted, setMuted] = createSignal<readonly Mute[]>([]);
  const [banned, setBanned] = createSignal<readonly UserProfile[]>([]);
  const [isMore, setMore] = createSignal(false);
  const [isLoading, setLoading] = createSignal(true);
  const [problem, setProblem] = createSignal<unknown>(null);

  async function moreBans(): Promise<void> {
    const page = await client.bans(props.conv, { after: banned().at(-1)?.id ?? 0, limit: PAGE });
    model.learn(page.users);
    setBanned([...banned(), ...page.users]);
    setMore(page.more);
  }
  async function load(): Promise<void> {
    const mutes = await client.mutedMembers(props.conv);
    model.learn(mutes.users);
    setMuted(mutes.muted);
    await moreBans();
  }
  load().catch((error: unknown) => setProblem(() => error)).finally(() => setLoading(false));

  async function unmute(user: number): Promise<void> {
    if (await props.form.run(() => client.unmuteMember(props.conv, user), () => "")) setMuted(muted().filter((one) => one.user !== user));
  }
  async function unban(user: number): Promise<void> {
    if (await props.form.run(() => client.unban(props.conv, user), () => "")) setBanned(banned().filter(({ id }) => id !== user));
  }
  const line = (user: number, note: string, action: string, act: () => Promise<void>) => (
    <li class="readers-person">
      <Avatar id={user} name={model.profile(user).name} size="s" />
      <bdi class="readers-name">{model.shownName(model.profile(user))}</bdi>
      <Show when={note !== ""}><span class="found-detail">{note}</span></Show>
      <button type="button" class="button restricted-lift" onClick={() => void act()}>{action}</button>
    </li>
  );
  return (
    <Dialog title={w.restricted} onClose={props.onClose}>
      <div class="readers">
        <Show when={muted().length > 0}>
          <h3 class="readers-title">{w.mutedPeople}</h3>
          <ul aria-label={w.mutedPeople}>
            <For each={muted()}>{({ user, until }) => line(user, until > FAR ? "" : w.mutedUntil(formatStamp(until)), w.unmuteMember, () => unmute(user))}</For>
          </ul>
        </Show>
        <Show when={banned().length > 0}>
          <h3 class="readers-title">{w.bannedPeople}</h3>
          <ul aria-label={w.bannedPeople}><For each={banned()}>{({ id }) => line(id, "", w.unban, () => unban(id))}</For></ul>
        </Show>
        <p class="side-note" role="status">
          <Show when={isLoading()}>{w.loading}</Show>
          <Show when={problem() !== null}>{errorText(problem())}</Show>
          <Show when={!isLoading() && problem() === null && muted().length + banned().length === 0}>{w.nobodyRestricted}</Show>
        </p>
        <Show when={isMore()}><button type="button" class="button button-quiet" onClick={() => void moreBans().catch((error: unknown) => setProblem(() => error))}>{w.more}</button></Show>
      </div>
    </Dialog>
  );
}
