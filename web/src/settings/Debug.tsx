/** What the app measured of itself, for people who look into a problem. In English, to be sent on. */
import { createSignal, For, onCleanup, Show } from "solid-js";
import type { JSX } from "solid-js";
import { format } from "../app/route.ts";
import { breakTimes, connectionLog, describe } from "../metrics/connections.ts";
import { slowness } from "../metrics/longtasks.ts";
import { summary } from "../metrics/ring.ts";
import { switchTimes } from "../metrics/switches.ts";
import { useModel } from "../model/model.ts";
import type { Model } from "../model/model.ts";
import { Page, Section } from "./Page.tsx";
import { w } from "./words.ts";

const REFRESH_MS = 1000;

export function Debug(props: { onBack(): void }): JSX.Element {
  const model = useModel();
  const [facts, setFacts] = createSignal(factsOf(model));
  const [estimate, setEstimate] = createSignal("");
  const timer = setInterval(() => setFacts(factsOf(model)), REFRESH_MS);
  onCleanup(() => clearInterval(timer));
  void storageUse().then(setEstimate);

  const all = (): Fact[] => [...facts(), ["storage used", estimate()]];
  const log = () => (facts(), connectionLog().map(({ at, text }) => `${new Date(at).toISOString()}  ${text}`).toReversed());
  return (
    <Page title={w.debugTitle} onBack={props.onBack}>
      <Section title={w.thisApp}>
        <dl class="debug-list">
          <For each={all()}>{([name, value]) => <><dt>{name}</dt><dd>{value}</dd></>}</For>
        </dl>
        <Copy text={() => [...all().map(([name, value]) => `${name}: ${value}`), "", ...log()].join("\n")} />
      </Section>
      <Section title={w.face}>
        <p class="section-line"><a href={format({ page: "components" })}>{w.components}</a></p>
      </Section>
      <Section title={w.connectionLog}>
        <pre class="debug-log" tabindex="0">{log().join("\n")}</pre>
      </Section>
    </Page>
  );
}

function Copy(props: { text(): string }): JSX.Element {
  const [outcome, setOutcome] = createSignal("");
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(props.text());
      setOutcome(w.copied);
    } catch {
      setOutcome(w.copyFailed);
    }
  }
  return (
    <p>
      <button type="button" class="button" onClick={() => void copy()}>{w.copy}</button>
      <span class="section-line" role="status"> <Show when={outcome()}>{outcome()}</Show></span>
    </p>
  );
}

type Fact = [name: string, value: string];

function factsOf(model: Model): Fact[] {
  const { client } = model;
  const slow = slowness();
  const kept = client.conversations().reduce((sum, { held, floor }) => sum + Math.max(0, held - floor + 1), 0);
  return [
    ["version", `hongyan-web ${__VERSION__}`],
    ["browser", navigator.userAgent],
    ["language", navigator.languages.join(", ")],
    ["connection", describe(client.connection)],
    ["owns the connection", client.isLeader ? "yes" : "no"],
    ["storage", [client.storage.kind, client.storage.problem].filter(Boolean).join(": ")],
    ["conversations", String(client.conversations().length)],
    ["messages kept here", String(kept)],
    ["waiting to be sent", String(client.outgoing().length)],
    ["first page", firstPage()],
    ["long tasks", `${slow.longTasks}, longest ${slow.longestTask} ms`],
    ["interaction to next paint", slow.inp === null ? "-" : `${slow.inp} ms of ${slow.interactions} interactions`],
    ["conversation switch", times(switchTimes())],
    ["break to online", times(breakTimes())],
  ];
}

function times(values: readonly number[]): string {
  const found = summary(values);
  return found === null ? "-" : `median ${found.median} ms, most ${found.most} ms, of ${found.count}`;
}

function firstPage(): string {
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return paint === undefined ? "-" : `painted after ${Math.round(paint.startTime)} ms`;
}

async function storageUse(): Promise<string> {
  const found = await navigator.storage?.estimate().catch(() => undefined);
  if (found?.usage === undefined || found.quota === undefined) return "-";
  const mib = (bytes: number) => (bytes / 1_048_576).toFixed(1);
  return `${mib(found.usage)} MiB of ${mib(found.quota)} MiB`;
}
