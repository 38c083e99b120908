/**
 * The page: the list beside the conversation; on a phone one at a time.
 *
 * Owns: which page shows for which address. Promises: a 1:1 that comes to exist while it shows stays
 * as it is, focus and draft included: it is named by its person before and after.
 */
import { createEffect, createMemo, ErrorBoundary, lazy, Match, on, onCleanup, onMount, Show, Suspense, Switch } from "solid-js";
import type { JSX } from "solid-js";
import { Begin } from "../list/Begin.tsx";
import { ConversationList } from "../list/ConversationList.tsx";
import { watchConnection } from "../metrics/connections.ts";
import { draftKey } from "../model/keys.ts";
import { useModel } from "../model/model.ts";
import { Goose } from "../ui/Goose.tsx";
import { about } from "./about.ts";
import { announcement } from "./announce.ts";
import { badge } from "./badge.ts";
import { createLooking } from "./looking.ts";
import { NoticeBanners } from "./NoticeBanners.tsx";
import { notifyOf } from "./notify.ts";
import { back, readdress, route } from "./route.ts";
import { modifier } from "./shortcuts.ts";
import { Shortcuts } from "./Shortcuts.tsx";
import { swipeBack } from "./swipe-back.ts";
import { w } from "./words.ts";
import "./app.css";

const ConversationPane = lazy(async () => ({ default: (await import("../conversation/ConversationPane.tsx")).ConversationPane }));
const AboutDialog = lazy(async () => ({ default: (await import("../about/AboutDialog.tsx")).AboutDialog }));
const Mentions = lazy(async () => ({ default: (await import("../mentions/Mentions.tsx")).Mentions }));
const Settings = lazy(async () => ({ default: (await import("../settings/Settings.tsx")).Settings }));
const Gallery = lazy(async () => ({ default: (await import("../gallery/Gallery.tsx")).Gallery }));
const Debug = lazy(async () => ({ default: (await import("../settings/Debug.tsx")).Debug }));

export function Layout(): JSX.Element {
  const model = useModel();
  const page = () => route().page;
  const shownKey = () => {
    const to = route();
    return to.page === "conversation" ? draftKey(model.canonical(to.place)) : null;
  };
  badge(model.unread);
  notifyOf(model, createLooking(model.account, shownKey));
  onCleanup(watchConnection(model.client));
  onMount(fetchAhead);
  const left = new AbortController();
  onCleanup(() => left.abort());
  const isCaughtUp = createMemo(() => {
    const state = model.connection();
    return state.kind === "online" && state.caughtUp;
  });
  // At the start what is kept, and when it is known what is new, that.
  createEffect(on(isCaughtUp, () => {
    void import("../conversation/log/ahead.ts").then(({ readAhead }) => readAhead(model.client, left.signal));
  }));
  // Back at the list, the keyboard goes on where it left.
  createEffect(
    on(shownKey, (key, before) => {
      if (key !== null || !before || page() !== "home") return;
      document.querySelector<HTMLElement>(`.row-link[data-key="${before}"]`)?.focus({ preventScroll: true });
    }),
  );
  return (
    <div class="layout" data-page={page()}>
      <a class="layout-skip" href="#main" onClick={skip}>{w.skip}</a>
      <div class="layout-panes">
        <nav class="layout-list" aria-label={w.conversations}>
          <ConversationList />
          <NoticeBanners />
        </nav>
        <main
          class="layout-main"
          id="main"
          tabindex="-1"
          ref={(main) => onMount(() => swipeBack(main, () => page() !== "home", back))}
        >
          <ErrorBoundary fallback={(error) => <Broken error={error} />}>
            <Suspense>
              <Page />
            </Suspense>
          </ErrorBoundary>
        </main>
      </div>
      <Shortcuts />
      <Show when={about()}>
        <Suspense><AboutDialog /></Suspense>
      </Show>
      <p class="unseen" role="status" aria-live="polite">{announcement()}</p>
    </div>
  );
}

function Page(): JSX.Element {
  const model = useModel();
  const place = createMemo(
    () => {
      const to = route();
      return to.page === "conversation" ? model.canonical(to.place) : undefined;
    },
    undefined,
    { equals: (a, b) => (a && draftKey(a)) === (b && draftKey(b)) },
  );
  const at = () => {
    const to = route();
    return to.page === "conversation" ? to.at : undefined;
  };
  // An address of another account's, or of none. Before the list is whole nobody knows.
  const isMissing = () => {
    const [to, state] = [place(), model.connection()];
    return to !== undefined && "conv" in to && model.conversation(to) === null && state.kind === "online" && state.caughtUp;
  };
  /** Whether there is somebody to write to; undefined where that is not the question. */
  const existence = createMemo(() => {
    const to = place();
    return to === undefined || "conv" in to || model.conversation(to) !== null ? undefined : model.existence(to.to);
  });
  // Where there is a number, the address has it: then it reads the same however one came here.
  createEffect(() => {
    const to = route();
    if (to.page !== "conversation" || "conv" in to.place) return;
    const conversation = model.conversation(to.place);
    if (conversation !== null) readdress({ ...to, place: { conv: conversation.conv } });
  });
  return (
    <Switch fallback={<Home />}>
      <Match when={isMissing()}><Nowhere title={w.missingTitle} text={w.missingText} /></Match>
      <Match when={existence() === "nobody"}><Nowhere title={w.nobodyTitle} text={w.missingText} /></Match>
      <Match when={existence() === "unknown"}>
        <Nowhere title={w.unknownPerson} text={model.connection().kind === "online" ? "" : w.unknownPersonText} />
      </Match>
      <Match when={place()} keyed>
        {(shown) => <ConversationPane place={shown} {...atOf(at)} onBack={back} />}
      </Match>
      <Match when={route().page === "mentions"}>
        <Mentions onBack={back} />
      </Match>
      <Match when={route().page === "settings"}>
        <Settings onBack={back} />
      </Match>
      <Match when={route().page === "debug"}>
        <Debug onBack={back} />
      </Match>
      <Match when={route().page === "components"}>
        <Gallery onBack={back} />
      </Match>
    </Switch>
  );
}

/** `at` as a property that is absent where there is none, and follows the address. */
function atOf(at: () => number | undefined): { at?: number } {
  return {
    get at() {
      return at() as number;
    },
  };
}

/** An address that leads to no place where one can write. */
function Nowhere(props: { title: string; text: string }): JSX.Element {
  return (
    <div class="home" role="status">
      <h1 class="home-title">{props.title}</h1>
      <p class="home-text">{props.text}</p>
      <button type="button" class="button" onClick={back}>{w.toList}</button>
    </div>
  );
}

function Home(): JSX.Element {
  const model = useModel();
  const isEmpty = () => model.rows().length === 0;
  return (
    <div class="home">
      <Goose class="home-goose" />
      <h1 class="home-title">{isEmpty() ? w.homeEmptyTitle : w.homeTitle}</h1>
      <p class="home-text">{isEmpty() ? w.homeEmptyText : w.homeText}</p>
      <Begin />
      <p class="home-text home-keys">{w.homeKeys(`${modifier}+K`)}</p>
    </div>
  );
}

/** A fault of the app's own, or a part of it that could not be loaded. */
function Broken(props: { error: unknown }): JSX.Element {
  console.error(props.error);
  return (
    <div class="home" role="alert">
      <p class="home-text">{w.failedPlain}</p>
      <button type="button" class="button" onClick={() => location.reload()}>{w.reload}</button>
    </div>
  );
}

/** The conversation's code comes while nothing else does, so that the first one opens at once. */
function fetchAhead(): void {
  const fetchIt = () => void ConversationPane.preload();
  // Safari has no idle callbacks.
  if (typeof requestIdleCallback === "function") requestIdleCallback(fetchIt);
  else setTimeout(fetchIt, 200);
}

// The address is the app's own: following the link would leave the conversation.
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
