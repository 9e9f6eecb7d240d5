import type { Mutant } from "./mutant.ts";

/** Where a guard of a provider's adapter stands, and the tests that should miss it, by their files' bare names. */
export const ofAdapter =
  (provider: string) =>
  (source: string, test: string): Pick<Mutant, "file" | "tests"> => ({
    file: `lib/providers/${provider}/${source}.ts`,
    tests: [`test/providers/${provider}/${test}.test.ts`],
  });
