import { useModel } from "../model/model.ts";
import type { JSX } from "solid-js";
import { Segments } from "../ui/index.ts";
import { Section } from "./Page.tsx";
import { w } from "./words.ts";

export function Appearance(): JSX.Element {
  const { settings } = useModel();
  return (
    <Section title={w.appearance}>
      <div class="setting">
        <span class="setting-name" aria-hidden="true">{w.language}</span>
        <Segments
          label={w.language}
          name="language"
          value={settings.language}
          options={[["auto", w.auto], ["en", "English"], ["zh", "简体中文"]]}
          onChoose={(language) => settings.prefer({ language })}
        />
      </div>
      <div class="setting">
        <span class="setting-name" aria-hidden="true">{w.theme}</span>
        <Segments
          label={w.theme}
          name="theme"
          value={settings.theme}
          options={[["auto", w.themeAuto], ["light", w.light], ["dark", w.dark]]}
          onChoose={(theme) => settings.prefer({ theme })}
        />
      </div>
    </Section>
  );
}
