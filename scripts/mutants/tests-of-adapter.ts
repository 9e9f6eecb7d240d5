import type { Mutation } from "./mutant.ts";

/** The tests that must kill a mutation of a provider's adapter, by their files' bare names. */
export const testsOfAdapter =
  (provider: string) =>
  (test: string): Pick<Mutation, "tests"> => ({ tests: [`test/providers/${provider}/${test}.test.ts`] });
