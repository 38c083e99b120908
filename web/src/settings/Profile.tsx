import { Show } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { isolated } from "../text/bidi.ts";
import { Avatar } from "../ui/index.ts";
import { createForm } from "./form.ts";
import { Outcome, Section } from "./Page.tsx";
import { w } from "./words.ts";

export function Profile(): JSX.Element {
  const model = useModel();
  const form = createForm();
  let field!: HTMLInputElement;
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const name = field.value.trim();
    if (name === "") {
      form.refuse(() => w.nameMissing);
      field.focus();
    } else {
      void form.run(async () => model.learn([await model.client.rename(name)]), () => w.saved);
    }
  }
  return (
    <Section title={w.profile}>
      <Show when={model.me()}>
        {(me) => (
          <div class="profile">
            <Avatar id={me().id} name={me().name} size="l" />
            <form class="profile-form" onSubmit={submit}>
              <label class="field">
                <span class="field-label">{w.name}</span>
                <span class="profile-line">
                  <input ref={field} class="input" name="name" value={me().name} maxlength="64" autocomplete="name" dir="auto" aria-description={w.nameHint} />
                  <button type="submit" class="button" aria-disabled={form.isBusy()}>{w.save}</button>
                </span>
              </label>
              <p class="profile-login">{w.login(isolated(me().login))}</p>
              <Outcome text={form.text()} isProblem={form.isProblem()} />
            </form>
          </div>
        )}
      </Show>
    </Section>
  );
}
