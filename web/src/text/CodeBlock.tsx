/** A block of code: in the code font, with its language and a button that copies it. */
import { createSignal, onCleanup } from "solid-js";
import type { JSX } from "solid-js";
import { announce } from "../app/announce.ts";
import { w } from "./words.ts";

/** As long as the button says what came of it. */
const SAID_MS = 2000;

export function CodeBlock(props: { text: string; language: string }): JSX.Element {
  const [isCopied, setCopied] = createSignal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(props.text);
      setCopied(true);
      announce(w.codeCopied);
      clearTimeout(timer);
      timer = setTimeout(() => setCopied(false), SAID_MS);
    } catch {
      announce(w.codeNotCopied);
    }
  }
  return (
    <div class="text-code">
      <div class="text-code-head">
        <span class="text-code-language" dir="ltr">{props.language || w.code}</span>
        <button type="button" class="text-code-copy" onClick={() => void copy()}>{isCopied() ? w.codeCopied : w.copyCode}</button>
      </div>
      <pre class="text-code-text" dir="ltr" tabindex="0"><code>{props.text}</code></pre>
    </div>
  );
}
