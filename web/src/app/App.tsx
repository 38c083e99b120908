/** The app: sign-in, or the layout over an open client. */
import { createEffect, Match, onMount, Switch } from "solid-js";
import type { JSX } from "solid-js";
import type { Client } from "@hongyan/client";
import { language } from "../i18n/index.ts";
import { createModel } from "../model/create.ts";
import { ModelContext } from "../model/model.ts";
import { preferences } from "../model/preferences.ts";
import { SignIn } from "../sign-in/SignIn.tsx";
import { AskHost, MenuHost } from "../ui/index.ts";
import { Layout } from "./Layout.tsx";
import { session, start } from "./session.ts";
import { w } from "./words.ts";

export function App(): JSX.Element {
  createEffect(() => {
    document.documentElement.lang = language() === "zh" ? "zh-Hans" : "en";
  });
  createEffect(() => {
    const { theme } = preferences;
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
  });
  createEffect(() => {
    // Signed in, the title counts unread messages too.
    if (session().kind !== "open") document.title = w.appName;
  });
  onMount(() => void start());

  const signedOut = () => {
    const now = session();
    return now.kind === "signed_out" ? now : undefined;
  };
  const opened = () => {
    const now = session();
    return now.kind === "open" ? now : undefined;
  };
  return (
    <>
      <Switch fallback={<p class="starting" role="status">{w.starting}</p>}>
        <Match when={signedOut()}>{(now) => <SignIn reason={now().reason} login={now().login} />}</Match>
        <Match when={opened()} keyed>{(now) => <SignedIn client={now.client} account={now.account} />}</Match>
      </Switch>
      <MenuHost />
      <AskHost />
    </>
  );
}

function SignedIn(props: { client: Client; account: string }): JSX.Element {
  // The client stays the same as long as this component lives: the match above is keyed by it.
  const model = createModel(props.client, props.account);
  return (
    <ModelContext.Provider value={model}>
      <Layout />
    </ModelContext.Provider>
  );
}
