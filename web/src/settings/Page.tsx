import { createUniqueId, onMount, Show } from "solid-js";
import type { JSX } from "solid-js";
import { ConnectionNotice } from "../app/ConnectionNotice.tsx";
import { IconButton } from "../ui/index.ts";
import { w } from "./words.ts";
import "./settings.css";

/** A page beside the list, with its title and the way back. */
export function Page(props: { title: string; onBack(): void; children: JSX.Element }): JSX.Element {
  // Whoever came by keyboard goes on reading here.
  onMount(() => document.getElementById("main")?.focus({ preventScroll: true }));
  return (
    <div class="page">
      <header class="page-header">
        <IconButton icon="back" label={w.back} onClick={() => props.onBack()} />
        <h1 class="page-title">{props.title}</h1>
        <div class="connection-narrow"><ConnectionNotice /></div>
      </header>
      <div class="page-body">{props.children}</div>
    </div>
  );
}

/** A part of a page, with its heading. */
export function Section(props: { title: string; children: JSX.Element }): JSX.Element {
  const id = createUniqueId();
  return (
    <section class="section" aria-labelledby={id}>
      <h2 class="section-title" id={id}>{props.title}</h2>
      <div class="section-body">{props.children}</div>
    </section>
  );
}

/** What came of a form: read out when it changes. */
export function Outcome(props: { text: string; isProblem: boolean }): JSX.Element {
  return (
    <p class="outcome" classList={{ "outcome-problem": props.isProblem }} role="status">
      <Show when={props.text !== ""}>{props.text}</Show>
    </p>
  );
}
