import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { run } from "../local/services/run.ts";
import type { Mutant } from "./mutant.ts";

export type PrivateCopy = {
  folder: string;
  /** Applies a mutation; the returned function undoes it. */
  mutate(mutant: Mutant): () => void;
};

/** A copy of the working tree, uncommitted and untracked files included, in which files can be mutated. */
export async function privateCopy(root: string, folder: string): Promise<PrivateCopy> {
  const listed = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
  });
  for (const file of listed.split("\0").filter((name) => name && existsSync(path.join(root, name)))) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    copyFileSync(path.join(root, file), path.join(folder, file));
  }
  linkModules(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  // The unpacked database and Redis servers are shared by all runs.
  mkdirSync(path.join(folder, ".local"));
  symlinkSync(path.join(root, ".local", "cache"), path.join(folder, ".local", "cache"));
  return {
    folder,
    mutate({ file, source, mutated }) {
      const name = path.join(folder, file);
      if (readFileSync(name, "utf8") !== source) throw new Error(`${file} has changed since it was copied`);
      writeFileSync(name, mutated);
      return () => writeFileSync(name, source);
    },
  };
}

/** A separate folder with a link to each package, because Vitest keeps its caches beside the packages. */
function linkModules(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from).filter((entry) => !/^\.vite/.test(entry))) {
    symlinkSync(path.join(from, name), path.join(to, name));
  }
}
