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
  /** Changes the program; what is returned undoes it. */
  mutate(mutant: Mutant): () => void;
};

/** A copy of the repository as it stands, uncommitted and new files included, in which files may be broken. */
export async function privateCopy(root: string, folder: string): Promise<PrivateCopy> {
  const listed = await run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: root,
  });
  for (const file of listed.split("\0").filter((name) => name && existsSync(path.join(root, name)))) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    copyFileSync(path.join(root, file), path.join(folder, file));
  }
  linkModules(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  // Unpacked servers, which every run shares.
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

/** A folder of its own, with a link for each package: Vitest keeps its caches beside them. */
function linkModules(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from).filter((entry) => !/^\.vite/.test(entry))) {
    symlinkSync(path.join(from, name), path.join(to, name));
  }
}
