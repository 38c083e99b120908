/** The settings page. */
import { createSignal } from "solid-js";
import type { JSX } from "solid-js";
import { leave } from "../app/leave.ts";
import { format } from "../app/route.ts";
import { useModel } from "../model/model.ts";
import { Appearance } from "./Appearance.tsx";
import { Devices } from "./Devices.tsx";
import { Notifications } from "./Notifications.tsx";
import { Outcome, Page, Section } from "./Page.tsx";
import { Password } from "./Password.tsx";
import { Presence } from "./Presence.tsx";
import { Profile } from "./Profile.tsx";
import { w } from "./words.ts";

export function Settings(props: { onBack(): void }): JSX.Element {
  return (
    <Page title={w.title} onBack={props.onBack}>
      <Profile />
      <Appearance />
      <Notifications />
      <Presence />
      <Devices />
      <Password />
      <Section title={w.about}>
        <p class="section-line">
          {w.version(__VERSION__)} · <a href={format({ page: "debug" })}>{w.debug}</a>
        </p>
        <SignOut />
      </Section>
    </Page>
  );
}

function SignOut(): JSX.Element {
  const model = useModel();
  const [problem, setProblem] = createSignal("");
  return (
    <>
      <button type="button" class="button button-danger" onClick={() => void leave(model).then((wrong) => setProblem(wrong ?? ""))}>
        {w.signOut}
      </button>
      <Outcome text={problem()} isProblem />
    </>
  );
}
