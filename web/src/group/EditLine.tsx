/** A text that some may change where it stands. */
import { createSignal, Show } from "solid-js";
import type { JSX } from "solid-js";
import { IconButton } from "../ui/index.ts";
import { w } from "./words.ts";

export interface EditLineProps {
  text: string;
  /** What the field is for. */
  label: string;
  /** What the button that begins says, */
  edit: string;
  /** and where there is no text yet. */
  add?: string;
  canChange: boolean;
  /** Of several lines. */
  isLong?: boolean;
  /** Letters. */
  most: number;
  class: string;
  /** Resolves to whether it is saved. */
  onSave(text: string): Promise<boolean>;
}

export function EditLine(props: EditLineProps): JSX.Element {
  const [isEditing, setEditing] = createSignal(false);
  let field!: HTMLInputElement | HTMLTextAreaElement;
  async function save(): Promise<void> {
    const next = field.value.trim();
    if (next === props.text || (await props.onSave(next))) setEditing(false);
  }
  const focus = (element: HTMLInputElement | HTMLTextAreaElement): void => {
    field = element;
    queueMicrotask(() => field.focus());
  };
  return (
    <Show
      when={isEditing() && props.canChange}
      fallback={
        <div class={`edit-line ${props.class}`}>
          <Show when={props.text !== ""}><p class="edit-text"><bdi>{props.text}</bdi></p></Show>
          <Show when={props.canChange}>
            <Show
              when={props.text === "" && props.add}
              fallback={<IconButton icon="edit" label={props.edit} onClick={() => setEditing(true)} />}
            >
              <button type="button" class="button button-quiet" onClick={() => setEditing(true)}>{props.add}</button>
            </Show>
          </Show>
        </div>
      }
    >
      <form
        class="edit-form"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || event.isComposing) return;
          event.preventDefault();
          event.stopPropagation();
          setEditing(false);
        }}
      >
        <Show
          when={props.isLong}
          fallback={<input ref={focus} class="input" aria-label={props.label} value={props.text} maxlength={props.most} autocomplete="off" dir="auto" />}
        >
          <textarea ref={focus} class="input" rows="3" aria-label={props.label} placeholder={props.label} value={props.text} maxlength={props.most} dir="auto" />
        </Show>
        <div class="edit-buttons">
          <button type="button" class="button" onClick={() => setEditing(false)}>{w.cancel}</button>
          <button type="submit" class="button button-main">{w.save}</button>
        </div>
      </form>
    </Show>
  );
}
