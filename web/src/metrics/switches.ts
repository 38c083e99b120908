/** How long it takes from choosing a conversation to seeing its messages. */
import { createRing } from "./ring.ts";

const times = createRing<number>(100);
let began: number | null = null;

/** The user chose a conversation. */
export function switchBegan(): void {
  began = performance.now();
}

/** The first messages of the conversation are in the page. Counts once for each choice. */
export function conversationShown(): void {
  if (began === null) return;
  const from = began;
  began = null;
  // After the frame that draws them.
  requestAnimationFrame(() => setTimeout(() => times.add(performance.now() - from)));
}

/** The last hundred, the oldest first, in ms. */
export function switchTimes(): readonly number[] {
  return times.all();
}
