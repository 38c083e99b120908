/**
 * Every component in every state, on one page: a change of the app's face is seen whole, and the pictures for whoever
 * judges it are made from here. At `#/debug/components`; nothing of it is loaded before.
 */
import { createSignal, For, onMount, Show } from "solid-js";
import type { JSX } from "solid-js";
import type { ConnectionState } from "@hongyan/client";
import { ConnectionNotice } from "../app/ConnectionNotice.tsx";
import { ConversationPane } from "../conversation/ConversationPane.tsx";
import { GroupPanel } from "../group/GroupPanel.tsx";
import { NewGroup } from "../group/NewGroup.tsx";
import { language } from "../i18n/index.ts";
import { Begin } from "../list/Begin.tsx";
import { ConversationRow } from "../list/ConversationRow.tsx";
import { ListHeader } from "../list/ListHeader.tsx";
import { createModel } from "../model/create.ts";
import { ModelContext } from "../model/model.ts";
import type { Model } from "../model/model.ts";
import { Page, Section } from "../settings/Page.tsx";
import { ask, Avatar, Banner, Icon, IconButton, InPlace, openMenu, Segments, Switch } from "../ui/index.ts";
import "./gallery.css";
import { rows } from "./rows.ts";
import { standIn } from "./stand-in.ts";
import { PLACES, story } from "./story.ts";
import { w } from "./words.ts";

const ACCOUNT = "gallery";
const ONLINE: ConnectionState = { kind: "online", caughtUp: true };

export function Gallery(props: { onBack(): void }): JSX.Element {
  // Made anew for another language, as what people say does not change with it elsewhere.
  return <Show when={language()} keyed>{(now) => <Shown language={now} onBack={props.onBack} />}</Show>;
}

function Shown(props: { language: "en" | "zh"; onBack(): void }): JSX.Element {
  const told = story(props.language, Date.now());
  const model = createModel(standIn(told, ONLINE), ACCOUNT);
  // What takes the focus where it stands alone does not here.
  onMount(() => queueMicrotask(() => document.getElementById("main")?.focus({ preventScroll: true })));
  return (
    <ModelContext.Provider value={model}>
      <Page title={w.title} onBack={props.onBack}>
        <div class="gallery">
          <Section title={w.colours}><Colours /></Section>
          <Section title={w.type}><Type /></Section>
          <Section title={w.controls}><Controls /></Section>
          <Section title={w.overlays}><Overlays /></Section>
          <Section title={w.header}><Headers model={model} /></Section>
          <Section title={w.rows}>
            <ul class="gallery-list">
              <For each={rows(told, props.language)}>
                {(row, at) => <ConversationRow row={row} isCurrent={at() === 0} isStop={at() === 0} position={at() + 1} count={1} />}
              </For>
            </ul>
          </Section>
          {/* No section: the panel is a landmark itself. */}
          <h2 class="section-title">{w.groups}</h2>
          <div class="gallery-groups">
            <InPlace.Provider value={true}><NewGroup onClose={() => {}} /></InPlace.Provider>
            <div class="gallery-panel"><GroupPanel conv={PLACES.group.conv} onClose={() => {}} /></div>
          </div>
          <Section title={w.begin}><div class="gallery-centre"><Begin /></div></Section>
          <For each={Object.entries(PLACES)}>
            {([name, place]) => (
              <Section title={w[name as keyof typeof PLACES]}>
                <div class={`gallery-pane gallery-pane-${name}`}><ConversationPane place={place} onBack={() => {}} /></div>
              </Section>
            )}
          </For>
        </div>
      </Page>
    </ModelContext.Provider>
  );
}

const GROUNDS = ["bg", "surface", "raised", "own"] as const;
const INKS = ["text", "muted", "accent", "danger", "ok", "warn", "read"] as const;

function Colours(): JSX.Element {
  return (
    <div class="gallery-colours">
      <For each={GROUNDS}>
        {(ground) => (
          <div class={`gallery-ground gallery-ground-${ground}`}>
            <p class="gallery-name">{ground}</p>
            <For each={ground === "own" ? (["on-own", "muted-on-own", "read"] as const) : INKS}>
              {(ink) => <p class={`gallery-ink-${ink}`}>{ink} 鸿雁</p>}
            </For>
          </div>
        )}
      </For>
    </div>
  );
}

function Type(): JSX.Element {
  return (
    <For each={["xl", "l", "m", "s", "xs"] as const}>
      {(size) => <p class={`gallery-type-${size}`}>{size} · {w.sample}</p>}
    </For>
  );
}

function Controls(): JSX.Element {
  const [choice, choose] = createSignal("b");
  const [isOn, setOn] = createSignal(true);
  return (
    <>
      <div class="gallery-line">
        <button type="button" class="button button-main">{w.main}</button>
        <button type="button" class="button">{w.plain}</button>
        <button type="button" class="button button-danger">{w.danger}</button>
        <button type="button" class="button button-quiet">{w.quiet}</button>
        <button type="button" class="button button-main" disabled>{w.disabled}</button>
      </div>
      <div class="gallery-line">
        <IconButton icon="attach" label={w.plain} />
        <IconButton icon="bell" label={w.main} pressed />
        <IconButton icon="more" label={w.disabled} disabled />
        <Avatar id={1} name="张伟" size="s" />
        <Avatar id={2} name="Ann Example" size="m" />
        <Avatar id={3} name="李思" size="l" />
      </div>
      <Segments label={w.type} name="gallery" value={choice()} options={[["a", w.light], ["b", w.dark], ["c", w.plain]]} onChoose={choose} />
      <Switch checked={isOn()} onChange={(box) => setOn(box.checked)}>{w.switch}</Switch>
      <Switch checked={!isOn()} onChange={(box) => setOn(!box.checked)}>{w.switchOff}</Switch>
      <label class="field gallery-field">
        <span class="field-label">{w.field}</span>
        <input class="input" value={w.sample} />
      </label>
    </>
  );
}

function Overlays(): JSX.Element {
  return (
    <>
      <Banner tone="info" action={<button type="button" class="button">{w.plain}</button>}>{w.sample}</Banner>
      <Banner tone="warn" action={<button type="button" class="button">{w.plain}</button>}>{w.sample}</Banner>
      <Banner tone="danger">{w.sample}</Banner>
      <div class="gallery-line">
        <button
          type="button"
          class="button"
          aria-haspopup="menu"
          onClick={(event) => openMenu({
            label: w.menu, anchor: event.currentTarget,
            items: [
              { label: w.plain, icon: "reply", onSelect() {} },
              { label: w.main, icon: "bell", checked: true, onSelect() {} },
              { label: w.danger, icon: "undo", isDanger: true, onSelect() {} },
            ],
          })}
        >
          {w.menu}
        </button>
        <button type="button" class="button" aria-haspopup="dialog" onClick={() => void ask({ title: w.dialog, text: w.sample, action: w.danger, isDanger: true })}>
          {w.dialog} <Icon name="chevron" />
        </button>
      </div>
    </>
  );
}

/** The connection in each of its states, where it is told. */
function Headers(props: { model: Model }): JSX.Element {
  const soon = Date.now() + 9000;
  const waiting = (networkDown: boolean, text = ""): ConnectionState => ({
    kind: "waiting", reason: text === "" ? { kind: "broken" } : { kind: "closed", code: 4105, text }, attempt: 2, retryAt: soon, networkDown,
  });
  const states: ConnectionState[] = [
    ONLINE, { kind: "connecting", attempt: 2 }, { kind: "online", caughtUp: false }, waiting(false), waiting(true), waiting(false, "overloaded"),
    { kind: "stopped", reason: { kind: "refused", code: 4005 } },
  ];
  return (
    <div class="gallery-headers">
      <For each={states}>
        {(state) => (
          <ModelContext.Provider value={{ ...props.model, connection: () => state }}>
            <div class="gallery-header"><ListHeader /></div>
          </ModelContext.Provider>
        )}
      </For>
      <div class="gallery-header gallery-header-narrow">
        <ModelContext.Provider value={{ ...props.model, connection: () => states[4]! }}><ConnectionNotice /></ModelContext.Provider>
      </div>
    </div>
  );
}
