/** What the user should know once: storage that forgets, a new version. */
import { createSignal, Show } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { Banner } from "../ui/index.ts";
import { storageNotice } from "./connection.ts";
import { isUpdateReady, update } from "./updates.ts";
import { w } from "./words.ts";

export function NoticeBanners(): JSX.Element {
  const model = useModel();
  const [isDismissed, setDismissed] = createSignal(false);
  const storage = () => (isDismissed() ? null : storageNotice(model.storage()));
  return (
    <div role="status">
      <Show when={storage()}>
        {(notice) => (
          <Banner
            tone={notice().tone}
            action={<button type="button" class="button" onClick={() => setDismissed(true)}>{w.dismiss}</button>}
          >
            {notice().text}
          </Banner>
        )}
      </Show>
      <Show when={isUpdateReady()}>
        <Banner tone="info" action={<button type="button" class="button" onClick={update}>{w.reload}</button>}>
          {w.newVersion}
        </Banner>
      </Show>
    </div>
  );
}
