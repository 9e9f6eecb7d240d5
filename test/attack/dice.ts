/** Chance that is the same each time: what a seed and a number have thrown once, they throw again. */
export type Dice = {
  /** 0 to `below` - 1. */
  int(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** True once in so many throws. */
  oneIn(many: number): boolean;
  /** Hexadecimal, so many characters. */
  hex(length: number): string;
};

/** Throws of the request with this number, under this seed (splitmix32). */
export function diceOf(seed: number, number: number): Dice {
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
