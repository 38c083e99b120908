/** The settings page. */
import type { JSX } from "solid-js";
import { format } from "../app/route.ts";
import { signOut } from "../app/session.ts";
import { useModel } from "../model/model.ts";
import { ask } from "../ui/index.ts";
import { Appearance } from "./Appearance.tsx";
import { Devices } from "./Devices.tsx";
import { createForm } from "./form.ts";
import { Notifications } from "./Notifications.tsx";
import { Outcome, Page, Section } from "./Page.tsx";
import { Password } from "./Password.tsx";
import { Profile } from "./Profile.tsx";
import { w } from "./words.ts";

export function Settings(props: { onBack(): void }): JSX.Element {
  return (
    <Page title={w.title} onBack={props.onBack}>
      <Profile />
      <Appearance />
      <Notifications />
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
  const form = createForm();
  async function leave(): Promise<void> {
    const text = model.client.outgoing().length > 0 ? w.signOutUnsent : w.signOutText;
    if (await ask({ title: w.signOutTitle, text, action: w.signOut, isDanger: true })) await form.run(signOut, () => "");
  }
  return (
    <>
      <button type="button" class="button button-danger" aria-disabled={form.isBusy()} onClick={() => void leave()}>{w.signOut}</button>
      <Outcome text={form.text()} isProblem={form.isProblem()} />
    </>
  );
}
