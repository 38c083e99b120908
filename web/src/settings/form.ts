/** A form that asks the server: busy, then done or refused. */
import { createSignal } from "solid-js";
import { errorText } from "../app/errors.ts";

export interface Form {
  isBusy(): boolean;
  /** What came of it, in the language of the moment. */
  text(): string;
  isProblem(): boolean;
  refuse(text: () => string): void;
  /** Runs the request, once at a time. `explain` names errors that mean something special here. */
  run(request: () => Promise<unknown>, done: () => string, explain?: (error: unknown) => (() => string) | null): Promise<boolean>;
}

export function createForm(): Form {
  const [isBusy, setBusy] = createSignal(false);
  const [outcome, setOutcome] = createSignal<{ text(): string; isProblem: boolean } | null>(null);
  return {
    isBusy,
    text: () => outcome()?.text() ?? "",
    isProblem: () => outcome()?.isProblem ?? false,
    refuse: (text) => setOutcome({ text, isProblem: true }),
    async run(request, done, explain) {
      if (isBusy()) return false;
      setBusy(true);
      setOutcome(null);
      try {
        await request();
        setOutcome({ text: done, isProblem: false });
        return true;
      } catch (error) {
        setOutcome({ text: explain?.(error) ?? (() => errorText(error)), isProblem: true });
        return false;
      } finally {
        setBusy(false);
      }
    },
  };
}
