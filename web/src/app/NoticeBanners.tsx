/** What the user should know once: a browser that forgets, a new version. */
import { createSignal, Show } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { Banner } from "../ui/index.ts";
import { storageNotice } from "./connection.ts";
import { areFilesRefused, dismissFiles } from "./files.ts";
import { session } from "./session.ts";
import { isUpdateReady, update } from "./updates.ts";
import { w } from "./words.ts";

export function NoticeBanners(): JSX.Element {
  const model = useModel();
  const [isDismissed, setDismissed] = createSignal(false);
  const storage = () => (isDismissed() ? null : storageNotice(model.storage(), isPassing()));
  const isPassing = () => {
    const now = session();
    return now.kind === "open" && now.isPassing;
  };
  return (
    <div class="notices" role="status">
      <Show when={storage()}>
        {(notice) => (
          <Banner
            tone={notice().tone}
            action={
              <>
                <Show when={notice().action === "reload"}>
                  <button type="button" class="button" onClick={() => location.reload()}>{w.reload}</button>
                </Show>
                <button type="button" class="button" onClick={() => setDismissed(true)}>{w.dismiss}</button>
              </>
            }
          >
            {notice().text}
          </Banner>
        )}
      </Show>
      <Show when={areFilesRefused()}>
        <Banner tone="info" action={<button type="button" class="button" onClick={dismissFiles}>{w.dismiss}</button>}>
          {w.noFiles}
        </Banner>
      </Show>
      <Show when={isUpdateReady()}>
        <Banner tone="info" action={<button type="button" class="button" onClick={update}>{w.reload}</button>}>
          {w.newVersion}
        </Banner>
      </Show>
    </div>
  );
}
