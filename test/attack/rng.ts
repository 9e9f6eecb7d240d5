/** Reproducible random numbers: the same seed and request number give the same sequence. */
export type Rng = {
  /** 0 to `below` - 1. */
  int(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** True with a probability of 1 / `many`. */
  oneIn(many: number): boolean;
  /** A hexadecimal text of this length. */
  hex(length: number): string;
};

/** The random numbers of one request under a seed (splitmix32). */
export function rngOf(seed: number, number: number): Rng {
  let state = Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b);
  function next(): number {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
  const int = (below: number) => Math.floor((next() / 2 ** 32) * below);
  return {
    int,
    pick: (from) => from[int(from.length)]!,
    oneIn: (many) => int(many) === 0,
    hex: (length) => Array.from({ length }, () => int(16).toString(16)).join(""),
  };
}
