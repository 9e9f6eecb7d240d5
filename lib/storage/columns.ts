import { safeMinor } from "../money/money.ts";

/** How a value is stored and what it is in code. Stored values are as mysql2 returns them. */
type Codec<Stored, Value> = { read(stored: Stored): Value; write(value: Value): Stored };

/** A column that is inserted with the row. */
export const column = <Name extends string, Stored, Value>(name: Name, codec: Codec<Stored, Value>) => ({
  name,
  ...codec,
});

/** A column that the database or the tenancy fills in. */
export const filledIn = <Name extends string, Stored, Value>(name: Name, { read }: Codec<Stored, Value>) => ({
  name,
  read,
});

/** Stored as it is: text, integers of at most 32 bits and times. */
export const same = <Value>(): Codec<Value, Value> => ({ read: (value) => value, write: (value) => value });

export const flag: Codec<number, boolean> = {
  read: (stored) => stored === 1,
  write: (value) => (value ? 1 : 0),
};

/** Minor units. BIGINT is read as decimal text. */
export const minorUnits: Codec<string, number> = { read: safeMinor, write: String };

export const json = <Value>(): Codec<string, Value> => ({
  read: (stored) => JSON.parse(stored),
  write: (value) => JSON.stringify(value),
});

export const nullable = <Stored, Value>(codec: Codec<Stored, Value>): Codec<Stored | null, Value | null> => ({
  read: (stored) => (stored === null ? null : codec.read(stored)),
  write: (value) => (value === null ? null : codec.write(value)),
});

/** NULL is "" in code. */
export const emptyIfNull: Codec<string | null, string> = {
  read: (stored) => stored ?? "",
  write: (value) => value || null,
};

// biome-ignore lint/suspicious/noExplicitAny: each column has types of its own.
type Columns = Record<string, { name: string; read(stored: any): any; write?(value: any): any }>;

/** The row as it is stored. */
export type StoredRow<C extends Columns> = {
  [Field in keyof C as C[Field]["name"]]: Parameters<C[Field]["read"]>[0];
};

/** What an INSERT gives. */
export type InsertedRow<C extends Columns> = {
  [Field in keyof C as C[Field] extends { write: unknown } ? C[Field]["name"] : never]: Parameters<
    C[Field]["read"]
  >[0];
};

/** The row in code, one field a column. */
export type Fields<C extends Columns> = { [Field in keyof C]: ReturnType<C[Field]["read"]> };

/** The names for a SELECT, the mapper and the values of an INSERT, from one description of the columns. */
export function rowMapper<C extends Columns>(columns: C) {
  const entries = Object.entries(columns);
  return {
    names: entries.map(([, { name }]) => name) as C[keyof C]["name"][],
    read: (row: StoredRow<C>) =>
      Object.fromEntries(
        entries.map(([field, { name, read }]) => [field, read(row[name as keyof StoredRow<C>])]),
      ) as Fields<C>,
    write: (fields: Omit<Fields<C>, Exclude<keyof C, FieldsWritten<C>>>) =>
      Object.fromEntries(
        entries.flatMap(([field, { name, write }]) =>
          write ? [[name, write(fields[field as keyof typeof fields])]] : [],
        ),
      ) as InsertedRow<C>,
  };
}

type FieldsWritten<C extends Columns> = {
  [Field in keyof C]: C[Field] extends { write: unknown } ? Field : never;
}[keyof C];
