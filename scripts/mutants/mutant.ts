/** One guard of the gateway taken away, and where that must be noticed. */
export type Mutant = {
  /** What is taken away, as a sentence. */
  name: string;
  /** From the repository's root. */
  file: string;
  /** Occurs exactly once in the file. */
  from: string;
  to: string;
  /** The test files that see it, the likeliest first. */
  tests: string[];
};

/** The file's text without the guard; `null` when the guard's text is not there exactly once. */
export function mutated(source: string, { from, to }: Mutant): string | null {
  const [before, after, ...more] = source.split(from);
  return before === undefined || after === undefined || more.length > 0 ? null : before + to + after;
}
