/** What can be put into a message beside typed text. The emoji come when they are looked at. */
import { createSignal, lazy, Show, Suspense } from "solid-js";
import type { JSX } from "solid-js";
import { IconButton } from "../../ui/index.ts";
import { w } from "../words.ts";

const EmojiPicker = lazy(async () => ({ default: (await import("./EmojiPicker.tsx")).EmojiPicker }));

export interface ToolsProps {
  /** Puts a piece of text where the caret is. */
  onInsert(piece: string): void;
  onAttach(): void;
  /** Begins a mention. */
  onMention(): void;
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
  return (
    <div class="composer-tools">
      <IconButton icon="attach" label={w.attach} onClick={() => props.onAttach()} />
      <IconButton ref={(button) => (smile = button)} icon="smile" label={w.pickEmoji} popup="dialog" expanded={isPicking()} onPress={() => (wasPicking = isPicking())} onClick={toggle} />
      <IconButton icon="at" label={w.mention} class="composer-mention" onClick={() => props.onMention()} />
      <Show when={isPicking()}>
        <Suspense>
          <EmojiPicker anchor={smile} onPick={(emoji) => props.onInsert(emoji)} onClose={() => setPicking(false)} />
        </Suspense>
      </Show>
    </div>
  );
}
