/**
 * One quiet line about the connection.
 *
 * Promises: nothing while all is well; nothing for breaks shorter than a second; the countdown is
 * live, and screen readers are told the state but not every second of it.
 */
import { createEffect, createMemo, createSignal, onCleanup, Show, untrack } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { Banner } from "../ui/index.ts";
import { noticeOf } from "./connection.ts";
import type { Notice } from "./connection.ts";
import { w } from "./words.ts";

const PATIENCE_MS = 1000;
const ATTEMPT_MS = 500;

export function ConnectionBanner(): JSX.Element {
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
      <Show when={shown()}>
        {(now) => (
          <Banner
            tone={now().tone}
            action={
              <Show when={now().action}>
                {(action) => (
                  <button type="button" class="button" onClick={() => (action() === "retry" ? model.client.wake() : location.reload())}>
                    {action() === "retry" ? w.retryNow : w.reload}
                  </button>
                )}
              </Show>
            }
          >
            {now().text} <Show when={now().retryAt}>{(at) => <Countdown to={at()} />}</Show>
          </Banner>
        )}
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
  const left = () => Math.max(0, Math.ceil((props.to - Date.now()) / 1000));
  const [seconds, setSeconds] = createSignal(left());
  createEffect(() => {
    setSeconds(left());
    const timer = setInterval(() => setSeconds(left()), 250);
    onCleanup(() => clearInterval(timer));
  });
  return <span class="connection-countdown" aria-hidden="true">{w.waitingSeconds(seconds())}</span>;
}
