import { Show } from "solid-js";
import type { JSX } from "solid-js";
import type { LogView, Trouble } from "../log/view.ts";
import { w } from "../words.ts";

/** Says where messages should stand that could not be had, and lets the user try again. */
export function TroubleNote(props: { log: LogView; when: readonly Trouble[] }): JSX.Element {
  const trouble = () => {
    const now = props.log.trouble();
    return now !== null && props.when.includes(now) ? now : null;
  };
  return (
    <Show when={trouble()}>
      {(now) => (
        <p class="log-trouble" role="status">
          <span>{textOf(now())}</span>
          <button type="button" class="button" onClick={() => void props.log.retry(now())}>{w.retry}</button>
        </p>
      )}
    </Show>
  );
}

function textOf(trouble: Trouble): string {
  switch (trouble) {
    case "opening": return w.troubleOpening;
    case "older": return w.troubleOlder;
    case "newer": return w.troubleNewer;
  }
}
