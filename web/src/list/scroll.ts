/** Where a long list stands, and which of its lines that shows. */
import { createMemo, createSignal, onCleanup, onMount, untrack } from "solid-js";
import type { Accessor } from "solid-js";
import { spanOf } from "./window.ts";
import type { Span } from "./window.ts";

export interface Scroll {
  span: Accessor<Span>;
  /** Of one line, in px; 0 until one is drawn. */
  height: Accessor<number>;
  /** The element that scrolls. Its lines have the class `row`. */
  ref(box: HTMLElement): void;
  /** Brings a line into sight; -1: none. */
  reveal(index: number): void;
}

export function createScroll(count: Accessor<number>): Scroll {
  const [scrollTop, setScrollTop] = createSignal(0);
  const [viewport, setViewport] = createSignal(800);
  const [height, setHeight] = createSignal(0);
  let box: HTMLElement | undefined;

  function measure(): void {
    setViewport(box?.clientHeight ?? 0);
    setHeight(box?.querySelector<HTMLElement>(".row")?.offsetHeight ?? 0);
  }
  function ref(element: HTMLElement): void {
    box = element;
    const resize = new ResizeObserver(measure);
    const onScroll = () => setScrollTop(element.scrollTop);
    onMount(measure);
    resize.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    onCleanup(() => {
      resize.disconnect();
      element.removeEventListener("scroll", onScroll);
      setScrollTop(0);
    });
  }
  function reveal(index: number): void {
    if (index < 0) return;
    // When the rest of the page has changed too: scrolling makes the browser lay out all of it.
    requestAnimationFrame(() => {
      if (box === undefined) return;
      const [top, bottom] = [index * untrack(height), (index + 1) * untrack(height)];
      if (top < box.scrollTop) box.scrollTop = top;
      else if (bottom > box.scrollTop + box.clientHeight) box.scrollTop = bottom - box.clientHeight;
    });
  }
  const span = createMemo(() => spanOf(count(), height(), scrollTop(), viewport()), undefined, {
    equals: (a, b) => a.start === b.start && a.end === b.end,
  });
  return { span, height, ref, reveal };
}
