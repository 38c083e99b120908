/** The messages of a conversation that are selected, to do something with all of them. */
import { createSignal } from "solid-js";
import type { Accessor } from "solid-js";

/** What is kept of a selected message: it may leave the window on the log. */
export interface Selected {
  seq: number;
  from: number;
  at: number;
  text: string;
  origin: string | null;
}

export interface Selection {
  isOn: Accessor<boolean>;
  has(seq: number): boolean;
  /** By their place in the log. */
  all: Accessor<readonly Selected[]>;
  /** Selects a message, or takes it back. False: there are as many as there may be. */
  toggle(message: Selected): boolean;
  end(): void;
}

/** `most`: at a time. */
export function createSelection(most: number): Selection {
  const [selected, setSelected] = createSignal<readonly Selected[] | null>(null);
  const all = () => selected() ?? [];
  const has = (seq: number) => all().some((one) => one.seq === seq);
  return {
    isOn: () => selected() !== null,
    has,
    all,
    toggle(message) {
      if (has(message.seq)) return setSelected(all().filter(({ seq }) => seq !== message.seq)), true;
      if (all().length >= most) return false;
      setSelected([...all(), message].sort((a, b) => a.seq - b.seq));
      return true;
    },
    end: () => void setSelected(null),
  };
}
