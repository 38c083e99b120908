/** Reactive values by key, made when first looked at. */
import { createSignal, getListener } from "solid-js";

export interface Cells<K, V> {
  /** The value; reading is reactive, also before there is one. */
  get(key: K): V | undefined;
  /** The value, without listening to it. */
  peek(key: K): V | undefined;
  set(key: K, value: V | undefined): void;
  keys(): IterableIterator<K>;
}

interface Cell<V> {
  value: V | undefined;
  /** There is one only where somebody listens: ten thousand conversations are not ten thousand signals. */
  signal?: readonly [() => undefined, (value: undefined) => void];
}

export function createCells<K, V>(): Cells<K, V> {
  const cells = new Map<K, Cell<V>>();
  return {
    get(key) {
      if (getListener() === null) return cells.get(key)?.value;
      let cell = cells.get(key);
      if (cell === undefined) cells.set(key, (cell = { value: undefined }));
      // `equals: false`: the SDK may hand out the same object again, changed.
      cell.signal ??= createSignal<undefined>(undefined, { equals: false });
      cell.signal[0]();
      return cell.value;
    },
    peek: (key) => cells.get(key)?.value,
    set(key, value) {
      const cell = cells.get(key);
      if (cell === undefined) {
        cells.set(key, { value });
        return;
      }
      cell.value = value;
      cell.signal?.[1](undefined);
    },
    keys: () => cells.keys(),
  };
}
