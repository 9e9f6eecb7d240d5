import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { functions } from "../lib/functions.ts";
import { type Bundled, bundle } from "./build/bundle.ts";

const root = join(import.meta.dirname, "..");

export type BuildOptions = {
  /** Functions to build, as in `lib/functions.ts`. */
  entries?: readonly string[];
  /** Directory of their sources. */
  sources?: string;
  /** Holds `<entry>/index.js` afterwards; source maps and metafiles are in its `.meta`. */
  dist?: string;
};

/**
 * Builds every function into `dist`, which is replaced as a whole at the end: a failed build leaves the old one.
 * Throws when a function has no source.
 */
export async function build({
  entries = functions.map(({ entry }) => entry),
  sources = join(root, "functions"),
  dist = join(root, "dist"),
}: BuildOptions = {}): Promise<void> {
  const missing = entries.filter((entry) => !existsSync(join(sources, `${entry}.ts`)));
  if (missing.length > 0) {
    throw new Error(`no source for ${missing.map((entry) => `functions/${entry}.ts`).join(", ")}`);
  }
  await mkdir(dirname(dist), { recursive: true });
  const fresh = await mkdtemp(`${dist}-`);
  try {
    const sourceOf = (entry: string) => [entry, join(sources, `${entry}.ts`)] as const;
    await write(await bundle(new Map(entries.map(sourceOf)), root), fresh);
    await replace(dist, fresh);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function write({ functions: bundled, sourceMaps, metafile }: Bundled, dist: string): Promise<void> {
  const meta = join(dist, ".meta");
  await writeFiles(meta, new Map([...sourceMaps, ["metafile.json", JSON.stringify(metafile)]]));
  for (const [entry, files] of bundled) {
    // Beneath a package of ES modules, as on a developer's machine, `.js` would mean an ES module.
    await writeFiles(join(dist, entry), new Map([...files, ["package.json", '{"type":"commonjs"}\n']]));
  }
}

async function writeFiles(directory: string, files: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, text] of files) await writeFile(join(directory, name), text);
}

/** A directory cannot be renamed onto another one that has content, so the old one is moved away first. */
async function replace(dist: string, fresh: string): Promise<void> {
  const old = `${fresh}.old`;
  if (existsSync(dist)) await rename(dist, old);
  await rename(fresh, dist);
  await rm(old, { recursive: true, force: true });
}

if (import.meta.main) {
  const started = performance.now();
  await build();
  console.log(`built ${functions.length} functions in ${Math.round(performance.now() - started)} ms`);
}
