/**
 * A quiet word about the connection, within a header.
 *
 * Promises: nothing while all is well; nothing for breaks shorter than a second; nothing moves when it comes
 * or goes; the countdown is live, and screen readers are told the state but not every second of it.
 */
import { createEffect, createMemo, createSignal, onCleanup, Show, untrack } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { Icon, IconButton } from "../ui/index.ts";
import { noticeOf } from "./connection.ts";
import type { Notice } from "./connection.ts";
import { w } from "./words.ts";

const PATIENCE_MS = 1000;
const ATTEMPT_MS = 500;

export function ConnectionNotice(): JSX.Element {
  const model = useModel();
  const notice = createMemo(() => noticeOf(model.connection()));
  const isNeeded = createMemo(() => notice() !== null);
  const [isDue, setDue] = createSignal(false);
  createEffect(() => {
    if (!isNeeded()) {
      setDue(false);
      return;
    }
    // From the break on, whatever states follow each other meanwhile.
    const timer = setTimeout(() => setDue(true), PATIENCE_MS);
    onCleanup(() => clearTimeout(timer));
  });
  const calm = useCalm(notice);
  const shown = () => {
    const now = calm();
    return now !== null && (isDue() || now.isLasting === true) ? now : null;
  };
  return (
    <div class="connection" role="status" aria-atomic="true">
      <Show when={shown()}>{(now) => <Shown notice={now()} />}</Show>
    </div>
  );
}

function Shown(props: { notice: Notice }): JSX.Element {
  const model = useModel();
  return (
    <div class={`connection-notice connection-${props.notice.tone}`} title={props.notice.text}>
      <Icon name={props.notice.tone === "info" ? "retry" : "offline"} class="connection-icon" />
      <p class="connection-words">
        <span class="connection-text">{props.notice.text}</span>
        <Show when={props.notice.hint}>{(hint) => <span class="connection-hint"><span class="unseen">. </span>{hint()}</span>}</Show>
        <Show when={props.notice.retryAt}>{(at) => <Countdown to={at()} />}</Show>
      </p>
      <Show when={props.notice.action === "retry"}>
        <IconButton icon="retry" label={w.retryNow} onClick={() => model.client.wake()} />
      </Show>
      <Show when={props.notice.action === "reload"}>
        <IconButton icon="retry" label={w.reload} onClick={() => location.reload()} />
      </Show>
    </div>
  );
}

/** An attempt that fails at once does not show: the line would flicker between two texts. */
function useCalm(notice: () => Notice | null): () => Notice | null {
  const [calm, setCalm] = createSignal(notice());
  createEffect(() => {
    const now = notice();
    const isPatient = now?.isAttempt === true && untrack(calm) !== null;
    if (!isPatient) {
      setCalm(now);
      return;
    }
    const timer = setTimeout(() => setCalm(now), ATTEMPT_MS);
    onCleanup(() => clearTimeout(timer));
  });
  return calm;
}

function Countdown(props: { to: number }): JSX.Element {
  const left = () => Math.ceil((props.to - Date.now()) / 1000);
  const [seconds, setSeconds] = createSignal(left());
  createEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 250);
    onCleanup(() => clearInterval(timer));
  });
  // When the time is up the attempt has begun, and says so in a moment.
  const text = () => (seconds() > 0 ? w.waitingSeconds(seconds()) : w.retrying);
  return <span class="connection-hint connection-countdown" aria-hidden="true">{text()}</span>;
}
