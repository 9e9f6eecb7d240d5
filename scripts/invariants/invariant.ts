/** What must hold, as a query that finds what breaks it. */
export type Invariant = {
  /** Its number in the list of invariants that the gateway keeps. */
  invariant: number;
  /** What holds, as a sentence. Unique. */
  name: string;
  /** One row for each violation, with the columns that name it. `:now` is the gateway's time. Only reads. */
  sql: string;
};

/** Values of the gateway's own code, never input, as SQL literals. */
export const listOf = (values: readonly string[]): string => values.map((value) => `'${value}'`).join(", ");

/** A member of a JSON text as text; NULL where there is none, where it is null, and where the text is no JSON. */
export const member = (column: string, name: string): string => `JSON_VALUE(${column}, '$.${name}')`;
