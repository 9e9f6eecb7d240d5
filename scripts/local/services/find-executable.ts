import { accessSync, constants } from "node:fs";
import path from "node:path";

/** The first of `names` that is executable, searched on PATH and then in `folders`. */
export function findExecutable(names: string[], folders: string[] = []): string | undefined {
  const onPath = (process.env.PATH ?? "").split(path.delimiter).filter(Boolean);
  const candidates = names.flatMap((name) =>
    [...onPath, ...folders].map((folder) => path.join(folder, name)),
  );
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
