import type { JSX } from "solid-js";
import { HongyanError } from "@hongyan/client";
import { useModel } from "../model/model.ts";
import { createForm } from "./form.ts";
import { Outcome, Section } from "./Page.tsx";
import { w } from "./words.ts";

/** The server's bound, in bytes; said here before it has to. */
const SHORTEST = 8;

export function Password(): JSX.Element {
  const model = useModel();
  const form = createForm();
  let current!: HTMLInputElement;
  let next!: HTMLInputElement;
  let repeat!: HTMLInputElement;

  function refuse(field: HTMLInputElement, text: () => string): void {
    form.refuse(text);
    field.focus();
  }
  async function submit(event: SubmitEvent & { currentTarget: HTMLFormElement }): Promise<void> {
    event.preventDefault();
    const box = event.currentTarget;
    if (new TextEncoder().encode(next.value).length < SHORTEST) return refuse(next, () => w.tooShort);
    if (next.value !== repeat.value) return refuse(repeat, () => w.mismatch);
    const isDone = await form.run(() => model.client.changePassword(current.value, next.value), () => w.changed, explain);
    if (isDone) box.reset();
    return undefined;
  }
  return (
    <Section title={w.password}>
      <form class="password" onSubmit={(event) => void submit(event)}>
        {/* Password managers want to know whose password it is. */}
        <input type="text" name="login" autocomplete="username" value={model.me()?.login ?? ""} hidden readonly />
        <Field label={w.current} autocomplete="current-password" ref={(field) => (current = field)} />
        <Field label={w.next} autocomplete="new-password" ref={(field) => (next = field)} />
        <Field label={w.repeat} autocomplete="new-password" ref={(field) => (repeat = field)} />
        <p class="section-line">{w.changeNote}</p>
        <button type="submit" class="button" aria-disabled={form.isBusy()}>{w.change}</button>
        <Outcome text={form.text()} isProblem={form.isProblem()} />
      </form>
    </Section>
  );
}

function Field(props: { label: string; autocomplete: "current-password" | "new-password"; ref(field: HTMLInputElement): void }): JSX.Element {
  return (
    <label class="field">
      <span class="field-label">{props.label}</span>
      <input ref={(field) => props.ref(field)} class="input" type="password" autocomplete={props.autocomplete} required maxlength="1024" />
    </label>
  );
}

function explain(error: unknown): (() => string) | null {
  const isWrong = error instanceof HongyanError && (error.code === "forbidden" || error.code === "unauthenticated");
  return isWrong ? () => w.wrongCurrent : null;
}
