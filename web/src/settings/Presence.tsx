/** What others see of one's being there. */
import { createResource, Show } from "solid-js";
import type { JSX } from "solid-js";
import { errorText } from "../app/errors.ts";
import { useModel } from "../model/model.ts";
import { Segments, Switch } from "../ui/index.ts";
import { createForm } from "./form.ts";
import { Outcome, Section } from "./Page.tsx";
import { w } from "./words.ts";

export function Presence(): JSX.Element {
  const { client } = useModel();
  const form = createForm();
  const [settings, { mutate }] = createResource(() => client.presenceSettings());
  const set = (change: Parameters<typeof client.setPresence>[0]) => void form.run(async () => mutate(await client.setPresence(change)), () => "");
  const options = () => [["everybody", w.everybody], ["nobody", w.nobody]] as const;
  return (
    <Section title={w.presence}>
      <Show when={settings.error === undefined} fallback={<p class="section-line" role="status">{errorText(settings.error)}</p>}>
        <Show when={settings()} fallback={<p class="section-line" role="status">{w.devicesLoading}</p>}>
          {(now) => (
            <>
              <div class="setting">
                <span class="setting-name" aria-hidden="true">{w.lastSeen}</span>
                <Segments label={w.lastSeen} name="last-seen" value={now().lastSeen} options={options()} onChoose={(lastSeen) => set({ lastSeen })} />
              </div>
              <p class="section-line">{w.lastSeenHint}</p>
              <Switch checked={now().invisible} onChange={(box) => set({ invisible: box.checked })}>{w.invisible}</Switch>
              <p class="section-line">{w.invisibleHint}</p>
            </>
          )}
        </Show>
      </Show>
      <Outcome text={form.text()} isProblem={form.isProblem()} />
    </Section>
  );
}
