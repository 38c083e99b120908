/** On a phone, swiping from the edge goes back to the list, which shows beneath while the finger is held. */
import { NARROW } from "../ui/media.ts";
import { onSwipe } from "../ui/swipe.ts";

/** Closer to the edge than this. */
const EDGE_PX = 36;
const READY_SHARE = 0.3;

export function swipeBack(page: HTMLElement, isAside: () => boolean, back: () => void): void {
  const layout = page.parentElement!;
  onSwipe(page, {
    towards: 1,
    ready: () => page.clientWidth * READY_SHARE,
    begins: ({ clientX }) => isAside() && clientX <= EDGE_PX && matchMedia(NARROW).matches,
    moved(px, isReady) {
      layout.dataset["swiping"] = isReady ? "ready" : "held";
      page.style.translate = `${px}px`;
    },
    ended(isDone) {
      delete layout.dataset["swiping"];
      page.style.translate = "";
      if (isDone) back();
    },
  });
}
