/** The sign-in page. */
import { createSignal, onMount, Show } from "solid-js";
import type { JSX } from "solid-js";
import { HongyanError } from "@hongyan/client";
import { erasedUnsent } from "../app/account.ts";
import { errorText } from "../app/errors.ts";
import { askServer, signIn } from "../app/session.ts";
import type { SignedOutReason } from "../app/session.ts";
import { language } from "../i18n/index.ts";
import { prefer } from "../model/preferences.ts";
import { Goose } from "../ui/Goose.tsx";
import { deviceName } from "./device.ts";
import { w } from "./words.ts";
import "./sign-in.css";

export function SignIn(props: { reason: SignedOutReason | null; login: string }): JSX.Element {
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <header class="sign-in-header">
          <Goose class="sign-in-goose" />
          <p class="sign-in-name" translate="no">鸿雁 <span>Hongyan</span></p>
          <p class="sign-in-motto">{w.motto}</p>
        </header>
        <h1 class="unseen">{w.title}</h1>
        <Reason reason={props.reason} />
        <Show when={!navigator.cookieEnabled}><p class="sign-in-reason">{w.noCookies}</p></Show>
        <Form login={props.login} />
      </div>
      <LanguageSwitch />
    </main>
  );
}

function Reason(props: { reason: SignedOutReason | null }): JSX.Element {
  return (
    <Show when={props.reason}>
      {(reason) => (
        <div class="sign-in-reason" role="status">
          <p>{reasonText(reason())}</p>
          <Show when={reason() !== "ended" && reason() !== "erased"}>
            <button type="button" class="button" onClick={() => void askServer()}>{w.tryAgain}</button>
          </Show>
        </div>
      )}
    </Show>
  );
}

function reasonText(reason: SignedOutReason): string {
  return reason === "erased" ? w.erased(erasedUnsent() ?? 0) : w[reason];
}

function Form(props: { login: string }): JSX.Element {
  let loginField!: HTMLInputElement;
  let passwordField!: HTMLInputElement;
  const [isBusy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<(() => string) | null>(null);

  onMount(() => (props.login === "" ? loginField : passwordField).focus());

  function refuse(field: HTMLInputElement, text: () => string): void {
    setProblem(() => text);
    field.focus();
  }
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (isBusy()) return;
    const name = loginField.value.trim();
    if (name === "") return refuse(loginField, () => w.loginMissing);
    if (passwordField.value === "") return refuse(passwordField, () => w.passwordMissing);
    setProblem(null);
    setBusy(true);
    try {
      await signIn({ login: name, password: passwordField.value, device: deviceName() });
    } catch (error) {
      setBusy(false);
      const isPassword = error instanceof HongyanError && error.code === "unauthenticated";
      refuse(passwordField, () => errorText(error));
      if (isPassword) passwordField.select();
    }
  }
  return (
    <form class="sign-in-form" novalidate onSubmit={(event) => void submit(event)}>
      <label class="field">
        <span class="field-label">{w.login}</span>
        <input
          ref={loginField}
          class="input"
          name="login"
          value={props.login}
          autocomplete="username"
          autocapitalize="none"
          spellcheck={false}
          maxlength="256"
          dir="auto"
        />
      </label>
      <Password ref={(field) => (passwordField = field)} isWrong={problem() !== null} />
      <p class="sign-in-problem" id="sign-in-problem" role="alert">{problem()?.()}</p>
      <button type="submit" class="button button-main sign-in-submit" aria-disabled={isBusy()}>
        {isBusy() ? w.signingIn : w.signIn}
      </button>
    </form>
  );
}

function Password(props: { ref(field: HTMLInputElement): void; isWrong: boolean }): JSX.Element {
  const [isShown, setShown] = createSignal(false);
  return (
    <div class="sign-in-password">
      <label class="field">
        <span class="field-label">{w.password}</span>
        <input
          ref={(field) => props.ref(field)}
          class="input"
          name="password"
          type={isShown() ? "text" : "password"}
          autocomplete="current-password"
          maxlength="1024"
          aria-invalid={props.isWrong}
          aria-describedby="sign-in-problem"
        />
      </label>
      <label class="sign-in-show">
        <input type="checkbox" checked={isShown()} onChange={(event) => setShown(event.currentTarget.checked)} />
        {w.showPassword}
      </label>
    </div>
  );
}

/** For somebody who cannot read the page in the language that it chose. */
function LanguageSwitch(): JSX.Element {
  const other = () => (language() === "en" ? "zh" : "en");
  return (
    <button type="button" class="button button-quiet" lang={other() === "zh" ? "zh-Hans" : "en"} onClick={() => prefer({ language: other() })}>
      {other() === "zh" ? "简体中文" : "English"}
    </button>
  );
}
