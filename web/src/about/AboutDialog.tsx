/** A person or a conversation, with what can be done from there; and the search within it. */
import { createEffect, Match, on, Show, Switch } from "solid-js";
import type { JSX } from "solid-js";
import { about, closeAbout } from "../app/about.ts";
import type { About } from "../app/about.ts";
import { route } from "../app/route.ts";
import "./about.css";
import { Profile } from "./Profile.tsx";
import { SearchWithin } from "./SearchWithin.tsx";

export function AboutDialog(): JSX.Element {
  // Whoever goes elsewhere, by the browser's own buttons too, has done with it.
  createEffect(on(route, closeAbout, { defer: true }));
  return (
    <Show when={about()} keyed>
      {(now: About) => (
        <Switch>
          <Match when={now.part === "profile"}><Profile place={now.place} onClose={closeAbout} /></Match>
          <Match when={now.part === "search"}><SearchWithin place={now.place} onClose={closeAbout} /></Match>
        </Switch>
      )}
    </Show>
  );
}
