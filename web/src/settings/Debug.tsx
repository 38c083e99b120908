import type { JSX } from "solid-js";

export function Debug(_props: { onBack(): void }): JSX.Element {
  return <div class="debug" />;
}
