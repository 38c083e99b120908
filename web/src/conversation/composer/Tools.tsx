/** What can be put into a message beside typed text. The emoji come when they are looked at. */
import { createSignal, lazy, Show, Suspense } from "solid-js";
import type { JSX } from "solid-js";
import type { UserProfile } from "@hongyan/client";
import { IconButton, openMenu } from "../../ui/index.ts";
import { w } from "../words.ts";

const EmojiPicker = lazy(async () => ({ default: (await import("./EmojiPicker.tsx")).EmojiPicker }));

export interface ToolsProps {
  /** Who can be mentioned. */
  people: readonly UserProfile[];
  /** Puts a piece of text where the caret is. */
  onInsert(piece: string): void;
  onAttach(): void;
}

export function Tools(props: ToolsProps): JSX.Element {
  const [isPicking, setPicking] = createSignal(false);
  let smile!: HTMLButtonElement;
  // A press outside closes the picker, on its own button too: the click that follows must not open it again.
  let wasPicking = false;
  function toggle(): void {
    setPicking(!wasPicking && !isPicking());
    wasPicking = false;
  }
  function mention(anchor: HTMLElement): void {
    const say = (person: UserProfile) => props.onInsert(`@${person.name} `);
    const [first, ...others] = props.people;
    if (first === undefined) return;
    if (others.length === 0) say(first);
    else openMenu({ label: w.mention, items: props.people.map((person) => ({ label: person.name, onSelect: () => say(person) })), anchor });
  }
  return (
    <div class="composer-tools">
      <IconButton icon="attach" label={w.attach} onClick={() => props.onAttach()} />
      <IconButton ref={(button) => (smile = button)} icon="smile" label={w.pickEmoji} popup="dialog" expanded={isPicking()} onPress={() => (wasPicking = isPicking())} onClick={toggle} />
      <Show when={props.people.length > 0}>
        <IconButton icon="at" label={w.mention} class="composer-mention" onClick={(event) => mention(event.currentTarget)} />
      </Show>
      <Show when={isPicking()}>
        <Suspense>
          <EmojiPicker anchor={smile} onPick={(emoji) => props.onInsert(emoji)} onClose={() => setPicking(false)} />
        </Suspense>
      </Show>
    </div>
  );
}
