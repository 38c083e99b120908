import type { JSX } from "solid-js";

/** The wild goose that carries a letter. Decoration. */
export function Goose(props: { class?: string }): JSX.Element {
  return (
    <svg class={`goose ${props.class ?? ""}`} viewBox="2 8 92 60" aria-hidden="true">
      <path class="goose-body" d="M6 60c12-2 20-7 28-12 8-6 16-9 24-6 6 2 9-1 11-8 2-8 5-14 12-15 4 0 7 3 9 7l-9 2c-4 1-5 6-6 13-2 13-11 22-26 23-16 1-28-2-43-4z" />
      <path class="goose-wing" d="M28 52C26 36 17 22 4 12c21 4 37 12 45 30 2 6 0 11-6 13-6 1-11 0-15-3z" />
      <path class="goose-letter" d="m77 34.5 15 2-2 12-15-2z" />
      <path class="goose-fold" d="m77 34.5 6 8 9-6" />
    </svg>
  );
}
