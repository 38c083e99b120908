/** Swiping a message towards the left answers it; an arrow shows so while it is held. */
import { onSwipe } from "../../ui/swipe.ts";

/** Lifted beyond this, it is answered. */
const READY_PX = 56;
/** The message follows the finger as far as this. */
const MOST_PX = 88;

/** `canReply` tells which rows can be answered, by key; `cue` is the arrow. */
export function swipeToReply(list: HTMLElement, cue: HTMLElement, canReply: (key: string) => boolean, reply: (key: string) => void): void {
  let article: HTMLElement | null = null;
  onSwipe(list, {
    towards: -1,
    ready: () => READY_PX,
    begins({ target }) {
      const touched = target as Element;
      const row = touched.closest<HTMLElement>("article");
      // What scrolls sideways itself keeps its own gesture.
      const isScrolled = touched.closest(".text-code-text, .text-table-box") !== null;
      article = row !== null && !isScrolled && canReply(row.dataset["key"]!) ? row : null;
      return article !== null;
    },
    moved(px, isReady) {
      if (article === null) return;
      article.style.translate = `${-Math.min(px, MOST_PX)}px`;
      const { top, height } = article.getBoundingClientRect();
      cue.style.top = `${top + height / 2 - cue.parentElement!.getBoundingClientRect().top}px`;
      cue.hidden = false;
      cue.classList.toggle("log-swipe-ready", isReady);
      cue.style.opacity = `${Math.min(1, px / READY_PX)}`;
    },
    ended(isDone) {
      const key = article?.dataset["key"];
      if (article !== null) article.style.translate = "";
      article = null;
      cue.hidden = true;
      if (isDone && key !== undefined) reply(key);
    },
  });
}
