import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { functions } from "../lib/functions.ts";
import { bundle } from "./build/bundle.ts";

const root = join(import.meta.dirname, "..");

export type BuildOptions = {
  /** Functions to build, as in `lib/functions.ts`. */
  entries?: readonly string[];
  /** Directory of their sources. */
  sources?: string;
  /** Holds `<entry>/index.js` afterwards; source maps and metafiles are in its `.meta`. */
  dist?: string;
  /** Default true. The functions are the same to the byte either way. */
  sourceMaps?: boolean;
};

/**
 * Builds every function into `dist`, which is replaced as a whole at the end: a failed build leaves the old one.
 * Throws when a function has no source.
 */
export async function build({
  entries = functions.map(({ entry }) => entry),
  sources = join(root, "functions"),
  dist = join(root, "dist"),
  sourceMaps = true,
}: BuildOptions = {}): Promise<void> {
  const missing = entries.filter((entry) => !existsSync(join(sources, `${entry}.ts`)));
  if (missing.length > 0) {
    throw new Error(`no source for ${missing.map((entry) => `functions/${entry}.ts`).join(", ")}`);
  }
  await mkdir(dirname(dist), { recursive: true });
  const fresh = await mkdtemp(`${dist}-`);
  try {
    // Settled, not raced: nobody may still write into `fresh` when it is renamed or removed.
    const results = await Promise.allSettled(
      entries.map((entry) => buildOne(entry, sources, fresh, sourceMaps)),
    );
    const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    if (failures.length > 0) throw failures[0];
    await replace(dist, fresh);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function buildOne(entry: string, sources: string, dist: string, sourceMaps: boolean): Promise<void> {
  const meta = join(dist, ".meta", entry);
  const metafile = await bundle({
    source: join(sources, `${entry}.ts`),
    outdir: join(dist, entry),
    mapdir: sourceMaps ? meta : undefined,
    root,
  });
  await mkdir(meta, { recursive: true });
  await writeFile(join(meta, "metafile.json"), JSON.stringify(metafile));
}

/** A directory cannot be renamed onto another one that has content: the old one steps aside first. */
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
