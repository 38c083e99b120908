// First, so that what a component's own sheet says comes after and wins.
import "./style/tokens.css";
import "./style/base.css";
import "./ui/ui.css";
import { render } from "solid-js/web";
import { App } from "./app/App.tsx";
import { catchDropped } from "./app/files.ts";
import { reloadWhenOutdated, watchForUpdates } from "./app/updates.ts";
import { watchSlowness } from "./metrics/longtasks.ts";
import { holdWhilePressed } from "./model/batch.ts";

const root = document.getElementById("app");
if (root !== null) render(() => <App />, root);
holdWhilePressed(document);
catchDropped();
reloadWhenOutdated();
watchSlowness();
void watchForUpdates();
