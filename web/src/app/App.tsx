import type { JSX } from "solid-js";
import { AskHost, MenuHost } from "../ui/index.ts";

export function App(): JSX.Element {
  return (
    <>
      <MenuHost />
      <AskHost />
    </>
  );
}
