/** Says that not all messages are on this device, and brings more. */
import { createEffect, createMemo, on, Show } from "solid-js";
import type { JSX } from "solid-js";
import { announce } from "../app/announce.ts";
import { formatStamp } from "../i18n/index.ts";
import { useModel } from "../model/model.ts";
import { bringingOf } from "./bringing.ts";
import { isPartial } from "./older.ts";
import { w } from "./words.ts";

export function Older(): JSX.Element {
  const model = useModel();
  const bringing = bringingOf(model.client);
  const isCut = createMemo(() => {
    bringing.state();
    model.connection();
    return isPartial(model.client);
  });
  const text = (): string => {
    const now = bringing.state();
    switch (now.kind) {
      case "idle": return w.onlyLatest;
      case "going": return w.bringing(now.messages);
      case "failed": return w.olderFailed;
      case "done": return now.since === null ? w.onlyLatest : w.since(formatStamp(now.since));
    }
  };
  // Not each page of it: only that it is over.
  createEffect(on(() => bringing.state().kind, (kind) => (kind === "done" || kind === "failed") && announce(text()), { defer: true }));
  return (
    <Show when={isCut()}>
      <div class="search-older">
        <p>{text()}</p>
        <Show when={bringing.state().kind === "going"} fallback={<button type="button" class="button" onClick={bringing.start}>{w.bring}</button>}>
          <button type="button" class="button" onClick={bringing.stop}>{w.stop}</button>
        </Show>
      </div>
    </Show>
  );
}
