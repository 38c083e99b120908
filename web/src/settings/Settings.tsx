import type { JSX } from "solid-js";

export function Settings(_props: { onBack(): void }): JSX.Element {
  return <div class="settings" />;
}
