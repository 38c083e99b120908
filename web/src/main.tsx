import { render } from "solid-js/web";
import { App } from "./app/App.tsx";
import "./style/tokens.css";
import "./style/base.css";
import "./ui/ui.css";

const root = document.getElementById("app");
if (root !== null) render(() => <App />, root);
