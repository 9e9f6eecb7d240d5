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
import { type Mutant, mutated } from "./mutant.ts";

export type PrivateCopy = {
  folder: string;
  /** Takes the guard away; what is returned puts it back. */
  plant(mutant: Mutant): () => void;
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
    plant(mutant) {
      const file = path.join(folder, mutant.file);
      const source = readFileSync(file, "utf8");
      const broken = mutated(source, mutant);
      if (broken === null) throw new Error(`${mutant.file} does not hold exactly once: ${mutant.from}`);
      writeFileSync(file, broken);
      return () => writeFileSync(file, source);
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
