/** Chooses where messages go on to, and sends them there. */
import { createMemo } from "solid-js";
import type { JSX } from "solid-js";
import { announce } from "../app/announce.ts";
import { go } from "../app/route.ts";
import { closedText } from "../group/closed.ts";
import { candidates } from "../list/candidates.ts";
import type { Candidate } from "../list/candidates.ts";
import { ChooseMany } from "../list/ChooseMany.tsx";
import { w as names } from "../list/words.ts";
import { useModel } from "../model/model.ts";
import { forwardedOrigin, MOST_PLACES } from "./forward.ts";
import type { Selected } from "./selection.ts";
import { w } from "./words.ts";

export function ForwardTo(props: { messages: readonly Selected[]; onDone(): void; onClose(): void }): JSX.Element {
  const model = useModel();
  const known = createMemo(() => candidates(model));
  const canWrite = ({ place }: Candidate) => closedText(model.conversation(place), model.now()) === null;
  async function forward(chosen: readonly Candidate[]): Promise<void> {
    for (const { place } of chosen) {
      const target = "conv" in place ? { conv: place.conv } : { to: place.to };
      for (const message of props.messages) {
        const { kept, sent } = model.client.send(target, message.text, { origin: forwardedOrigin(message) });
        sent.catch(() => {
          // The message says so where it stands.
        });
        await kept;
      }
    }
    announce(w.forwarded(props.messages.length));
    props.onDone();
    const [only, ...others] = chosen;
    if (only !== undefined && others.length === 0) go({ page: "conversation", place: model.canonical(only.place) });
  }
  return (
    <ChooseMany
      title={names.forwardTo} hint={names.switcherHint} action={names.forward} known={known()} most={MOST_PLACES} isFree={canWrite}
      onDone={forward} onClose={() => props.onClose()}
    />
  );
}
