/** Chance that a seed brings back. Source: mulberry32, Tommy Ettinger. */

/** Numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `SEED` from the environment, or another one each time: a test prints it where it fails. */
export function seedOf(): number {
  return Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
}
