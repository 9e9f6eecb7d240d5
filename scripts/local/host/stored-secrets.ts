import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

/** Random values that must survive a restart, because a database outlives the host: made once, kept in one file. */
export type StoredSecrets = { get(name: string, make: () => string): string };

/** Keeps its values in `folder`, readable by the user alone. */
export function openStoredSecrets(folder: string): StoredSecrets {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, "secrets.json");
  const values = read(file);
  return {
    get(name, make) {
      const stored = values[name];
      if (stored !== undefined) return stored;
      const made = make();
      values[name] = made;
      // Written to a second file and renamed, so that a kill in between leaves the old file intact.
      writeFileSync(`${file}.new`, JSON.stringify(values, null, 2), { mode: 0o600 });
      renameSync(`${file}.new`, file);
      return made;
    },
  };
}

function read(file: string): Record<string, string> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw new Error(
      `${file} cannot be read: restore it, or delete it together with the database that it encrypts`,
      {
        cause: error,
      },
    );
  }
}
