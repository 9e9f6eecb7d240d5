import type { Mutation } from "./mutant.ts";

/** The test file, by its bare name, that must kill a mutation of a provider's adapter. */
export const testsOfAdapter =
  (provider: string) =>
  (test: string): Pick<Mutation, "tests"> => ({ tests: [`test/unit/providers/${provider}/${test}.test.ts`] });
