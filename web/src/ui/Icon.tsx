import type { JSX } from "solid-js";

/** Strokes on a grid of 24 by 24. */
const PATHS = {
  at: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8ZM16 8v5.5a2.25 2.25 0 0 0 4.5 0V12a8.5 8.5 0 1 0-3.4 6.8",
  attach: "m18.5 11.5-6.9 6.9a4.2 4.2 0 0 1-6-6l7.6-7.6a2.8 2.8 0 0 1 4 4l-7.4 7.4a1.4 1.4 0 0 1-2-2l6.6-6.6",
  back: "M15 5 8 12l7 7",
  bell: "M6 16v-5a6 6 0 0 1 12 0v5l1.5 2h-15zM10 20.5h4",
  "bell-off": "M6 16v-5a6 6 0 0 1 9.5-4.9M18 11v5l1.5 2H8M10 20.5h4M4 4l16 16",
  check: "m5 12.5 4.5 4.5L19 7.5",
  "check-double": "m2.5 12.5 4.5 4.5L16 8M12 16l1 1 9-9",
  chevron: "m9 5 7 7-7 7",
  clock: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM12 7.5V12l3 2",
  close: "m6 6 12 12M18 6 6 18",
  compose: "M12 5H6a1.5 1.5 0 0 0-1.5 1.5v11A1.5 1.5 0 0 0 6 19h11a1.5 1.5 0 0 0 1.5-1.5V12M10 14l.5-3L18 3.5l2.5 2.5L13 13.5z",
  copy: "M9 9h10.5v10.5H9zM5.5 15h-1V4.5H15v1",
  device: "M4 5.5h16v10H4zM9 19.5h6M12 15.5v4",
  down: "M12 5v14m-6-6 6 6 6-6",
  edit: "m4.5 19.5.8-4L16 4.8l3.2 3.2L8.5 18.7zM13.5 7.3l3.2 3.2",
  error: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM12 8v5M12 16h.01",
  help: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM9.5 9.5a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.1.9-1.1 1.8M12 16.5h.01",
  info: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM12 11v5M12 8h.01",
  leave: "M13.5 4.5h-8v15h8M10 12h10.5M17 8.5l3.5 3.5-3.5 3.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  message: "M4.5 5.5h15v11h-8l-4 3.5v-3.5h-3z",
  more: "M12 4.9a.6.6 0 1 1 0 1.2.6.6 0 0 1 0-1.2ZM12 11.4a.6.6 0 1 1 0 1.2.6.6 0 0 1 0-1.2ZM12 17.9a.6.6 0 1 1 0 1.2.6.6 0 0 1 0-1.2Z",
  offline: "M8 18.5h8.5a4 4 0 0 0 2.7-1M19.9 14a4 4 0 0 0-3.4-3.5 5 5 0 0 0-7-3.9M7 9.6a4.5 4.5 0 0 0 1 8.9M4 4l16 16",
  person: "M12 4a3.75 3.75 0 1 1 0 7.5A3.75 3.75 0 0 1 12 4ZM4.5 20a7.5 7.5 0 0 1 15 0",
  people: "M9.5 5a3.25 3.25 0 1 1 0 6.5 3.25 3.25 0 0 1 0-6.5ZM3 19.5a6.5 6.5 0 0 1 13 0M15.5 5.3a3.25 3.25 0 0 1 0 6M18.2 14.2a6.5 6.5 0 0 1 2.8 5.3",
  plus: "M12 5v14M5 12h14",
  reply: "M10 6 4.5 11.5 10 17v-3.5c4.5 0 7.5 1 9.5 4-.5-5-3.5-8.5-9.5-9z",
  retry: "M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13ZM15.5 15.5 20 20",
  send: "M4 12 20 4.5 15.5 20l-3.5-6.5zM12 13.5l4-4.5",
  settings: "M4 7h9M19 7h1M4 17h1M11 17h9M16 4.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5ZM8 14.5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5Z",
  smile: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17ZM8.5 14.5c1.8 2.3 5.2 2.3 7 0M9 9.5h.01M15 9.5h.01",
  trash: "M5 7h14M10 4h4M6.5 7l1 12.5h9l1-12.5M10 10.5v5.5M14 10.5v5.5",
  undo: "M8 5 4 9l4 4M4.5 9H14a5 5 0 0 1 0 10h-4",
  up: "M12 19V5m-6 6 6-6 6 6",
} as const;

export type IconName = keyof typeof PATHS;

/** A drawing that stands beside a word or in a labelled button: screen readers pass over it. */
export function Icon(props: { name: IconName; class?: string }): JSX.Element {
  return (
    <svg class={`icon ${props.class ?? ""}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[props.name]} />
    </svg>
  );
}
