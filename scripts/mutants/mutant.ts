import type { Change } from "./changes.ts";
import type { Markers } from "./markers.ts";
import { Misfit } from "./syntax.ts";

/**
 * A change to the program, and the tests that must fail because of it. A comment in the source, `mutation: <id>`, marks
 * the place: a statement, an expression, an item of a list or a link of a call chain. The mutation is an operation on
 * the syntax after the comment, so it survives renames, reformatting and moves.
 */
export type Mutation = {
  /** What the mutated program does wrong, as a sentence. */
  name: string;
  /** The id of the marker. */
  at: string;
  change: Change;
  /** The test files that must kill the mutation, the most likely one first. */
  tests: string[];
};

/** A mutation applied to its file: the source before and after. `file` is relative to the repository's root. */
export type Mutant = { mutation: Mutation; file: string; source: string; mutated: string };

/** Applies a mutation to the sources, or says why it does not apply. */
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
