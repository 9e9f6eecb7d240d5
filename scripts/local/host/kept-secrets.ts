import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import * as z from "zod";

/** Random values that must survive a restart, because a database outlives the host: made once, kept in one file. */
export type KeptSecrets = { get(name: string, make: () => string): string };

/** Keeps its values in `folder`, readable by the user alone. */
export function openKeptSecrets(folder: string): KeptSecrets {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, "secrets.json");
  const values = read(file);
  return {
    get(name, make) {
      const kept = values[name];
      if (kept !== undefined) return kept;
      const made = make();
      values[name] = made;
      // Written beside and renamed: a kill in between leaves the old file whole.
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
      `${file} is unreadable; without it neither secrets nor sealed credentials can be opened`,
      {
        cause: error,
      },
    );
  }
}
