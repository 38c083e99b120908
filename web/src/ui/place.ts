/** Where a menu or panel stands. */

const GAP = 4;

/** Puts what floats over the page beside its button, or at a point, within the window. */
export function placeBeside(menu: HTMLElement, anchor: HTMLElement | { x: number; y: number }): void {
  const box = anchor instanceof HTMLElement ? anchor.getBoundingClientRect() : new DOMRect(anchor.x, anchor.y, 0, 0);
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = box.bottom + GAP;
  const top = below + height <= innerHeight ? below : Math.max(GAP, box.top - GAP - height);
  // Under the anchor's nearer half, so that the menu stays in the window.
  const left = box.left + width <= innerWidth - GAP ? box.left : box.right - width;
  menu.style.top = `${top}px`;
  menu.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
}
