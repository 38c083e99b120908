import { For } from "solid-js";
import type { JSX } from "solid-js";
import { useModel } from "../model/model.ts";
import { Section } from "./Page.tsx";
import { w } from "./words.ts";

export function Appearance(): JSX.Element {
  const { settings } = useModel();
  return (
    <Section title={w.appearance}>
      <Choice
        label={w.language}
        name="language"
        value={settings.language}
        options={[["auto", w.auto], ["en", "English"], ["zh", "简体中文"]]}
        onChoose={(language) => settings.prefer({ language })}
      />
      <Choice
        label={w.theme}
        name="theme"
        value={settings.theme}
        options={[["auto", w.themeAuto], ["light", w.light], ["dark", w.dark]]}
        onChoose={(theme) => settings.prefer({ theme })}
      />
    </Section>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  name: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChoose(value: T): void;
}

function Choice<T extends string>(props: ChoiceProps<T>): JSX.Element {
  return (
    <fieldset class="choice">
      <legend class="field-label">{props.label}</legend>
      <div class="choice-options">
        <For each={props.options}>
          {([value, text]) => (
            <label class="choice-option">
              <input type="radio" name={props.name} checked={props.value === value} onChange={() => props.onChoose(value)} />
              <span>{text}</span>
            </label>
          )}
        </For>
      </div>
    </fieldset>
  );
}
