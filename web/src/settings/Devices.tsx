/** The signed-in devices, and how to sign one out. */
import { createSignal, For, Show } from "solid-js";
import type { JSX } from "solid-js";
import type { Session } from "@hongyan/client";
import { errorText } from "../app/errors.ts";
import { formatFull, formatShort } from "../i18n/index.ts";
import { useModel } from "../model/model.ts";
import { ask, Icon } from "../ui/index.ts";
import { createForm } from "./form.ts";
import { Outcome, Section } from "./Page.tsx";
import { w } from "./words.ts";

export function Devices(): JSX.Element {
  const model = useModel();
  const [sessions, setSessions] = createSignal<readonly Session[] | null>(null);
  const [problem, setProblem] = createSignal<unknown>(null);
  const form = createForm();

  async function load(): Promise<void> {
    setProblem(null);
    try {
      setSessions(await model.client.sessions());
    } catch (error) {
      setProblem(() => error);
    }
  }
  async function revoke(session: Session): Promise<void> {
    const question = { title: w.revokeTitle, text: w.revokeText(session.device), action: w.revoke, isDanger: true };
    if (!(await ask(question))) return;
    await form.run(() => model.client.revoke(session.session), () => "");
    await load();
  }
  void load();
  return (
    <Section title={w.devices}>
      <Show when={problem()}>
        {(error) => (
          <>
            <p class="section-line">{errorText(error())}</p>
            <button type="button" class="button" onClick={() => void load()}>{w.retry}</button>
          </>
        )}
      </Show>
      <Show when={sessions() === null && problem() === null}>
        <p class="section-line">{w.devicesLoading}</p>
      </Show>
      <ul class="devices">
        <For each={sessions() ?? []}>{(session) => <Device session={session} now={model.now()} onRevoke={() => void revoke(session)} />}</For>
      </ul>
      <Outcome text={form.text()} isProblem={form.isProblem()} />
    </Section>
  );
}

function Device(props: { session: Session; now: number; onRevoke(): void }): JSX.Element {
  return (
    <li class="device">
      <Icon name="device" class="device-icon" />
      <div class="device-text">
        <p class="device-name">
          <bdi>{props.session.device}</bdi>
          <Show when={props.session.current}> <span class="device-current">{w.thisDevice}</span></Show>
        </p>
        <p class="device-times">
          <span title={formatFull(props.session.seen_at)}>{w.seenAt(formatShort(props.session.seen_at, props.now))}</span>
          {" · "}
          <span title={formatFull(props.session.created_at)}>{w.signedInAt(formatShort(props.session.created_at, props.now))}</span>
        </p>
      </div>
      <Show when={!props.session.current}>
        <button type="button" class="button button-danger" aria-label={w.revokeNamed(props.session.device)} onClick={() => props.onRevoke()}>
          {w.revoke}
        </button>
      </Show>
    </li>
  );
}
