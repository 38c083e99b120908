import { createSignal, Show } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { Switch } from "../ui/index.ts";
import { Section } from "./Page.tsx";
import { w } from "./words.ts";

const isThere = typeof Notification !== "undefined";

export function Notifications(): JSX.Element {
  const { settings } = useModel();
  const [permission, setPermission] = createSignal<NotificationPermission>(isThere ? Notification.permission : "denied");
  const isOn = () => settings.notifications && permission() === "granted";

  async function choose(box: HTMLInputElement): Promise<void> {
    if (!box.checked) {
      settings.prefer({ notifications: false });
      return;
    }
    // Browsers ask only in answer to a click, and only once.
    const answer = await Notification.requestPermission();
    setPermission(answer);
    settings.prefer({ notifications: answer === "granted" });
    box.checked = isOn();
  }
  return (
    <Section title={w.notifications}>
      <Show when={isThere} fallback={<p class="section-line">{w.notifyMissing}</p>}>
        <Switch checked={isOn()} onChange={(box) => void choose(box)}>{w.notify}</Switch>
        <p class="section-line">{w.notifyHint}</p>
        <Show when={permission() === "denied"}>
          <p class="outcome outcome-problem" role="status">{w.notifyBlocked}</p>
        </Show>
      </Show>
    </Section>
  );
}
