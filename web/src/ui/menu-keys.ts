/** Where a key leads in a menu; null for a key that does not move. */
export function nextItem(key: string, labels: readonly string[], current: number): number | null {
  const count = labels.length;
  if (count === 0) return null;
  if (key === "ArrowDown") return (current + 1) % count;
  if (key === "ArrowUp") return (current - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if ([...key].length !== 1 || key === " ") return null;
  for (let step = 1; step <= count; step++) {
    const index = (current + step + count) % count;
    if (labels[index]?.toLocaleLowerCase().startsWith(key.toLocaleLowerCase())) return index;
  }
  return null;
}
