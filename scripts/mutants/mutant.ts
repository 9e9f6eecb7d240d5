import type { Change } from "./changes.ts";
import type { Markers } from "./markers.ts";
import { Misfit } from "./syntax.ts";

/**
 * What is changed in the program, and the tests that must fail then. The place is a comment in the source,
 * `mutation: <id>`, before a statement, an expression, an item of a list or a link of a chain: the mutation says what to
 * do with the syntax that follows it, and so survives a renaming, a formatting and a move.
 */
export type Mutation = {
  /** What the program does then, as a sentence. */
  name: string;
  /** The id of the marker. */
  at: string;
  change: Change;
  /** The test files that see it, the likeliest first. */
  tests: string[];
};

/** A mutation where it applies: the file as it is, and as it is then. `file`: from the repository's root. */
export type Mutant = { mutation: Mutation; file: string; source: string; mutated: string };

/** What a mutation makes of the sources, or why it does not apply to them. */
export function mutantOf(
  markers: Markers,
  mutation: Mutation,
): Mutant | { mutation: Mutation; fault: string } {
  const { at, change } = mutation;
  const [marker, ...more] = markers.get(at) ?? [];
  if (!marker) return { mutation, fault: `the sources have no marker "${at}"` };
  if (more.length > 0) {
    const files = [marker, ...more].map(({ file }) => file).join(", ");
    return { mutation, fault: `the sources have the marker "${at}" more than once: ${files}` };
  }
  const { file, source } = marker;
  try {
    const { start, end, text } = change(marker.site());
    return { mutation, file, source, mutated: source.slice(0, start) + text + source.slice(end) };
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    return { mutation, fault: `${file}: at the marker "${at}": ${error.message}` };
  }
}
