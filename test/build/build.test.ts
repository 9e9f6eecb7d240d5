import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { functions } from "../../lib/functions.ts";
import { bundle } from "../../scripts/build/bundle.ts";
import { build } from "../../scripts/build.ts";

const root = join(import.meta.dirname, "../..");
const sources = join(import.meta.dirname, "fixtures");
const entries = ["asks", "nested/connects"];
const require = createRequire(import.meta.url);

describe("built functions", () => {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "build-test-")));
  const dist = join(home, "dist");
  const load = (entry: string) => require(join(dist, entry, "index.js"));
  const loadedFiles = (entry: string) =>
    Object.keys(require.cache).filter((file) => file.startsWith(join(dist, entry, "/")));

  beforeAll(() => build({ entries, sources, dist }));
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("a built function loads a lazily imported module only when it is used, and shares its classes", async () => {
    const { handler } = load("asks");
    const lazyFile = /\/lazy-[^/]+\.js$/;
    expect(loadedFiles("asks")).not.toContainEqual(expect.stringMatching(lazyFile));
    expect(await handler()).toEqual({
      existing: true,
      message: "loaded 1 time, function",
      className: "Refusal",
    });
    expect(loadedFiles("asks")).toContainEqual(expect.stringMatching(lazyFile));
  });

  it("a built function contains CommonJS packages that need builtins", async () => {
    expect(await load("nested/connects").handler()).toEqual(["'it\\'s'", "function", "function"]);
  });

  it("no function contains a provider's SDK", async () => {
    const { metafile } = await bundle(
      new Map(functions.map(({ entry }) => [entry, join(root, "functions", `${entry}.ts`)])),
      root,
    );
    const sdks = /node_modules\/(alipay-sdk|wechatpay-node-v3|@paypal\/paypal-server-sdk|stripe)\//;
    const found = Object.keys(metafile.inputs).flatMap((input) => sdks.exec(input)?.[1] ?? []);
    expect(found).toEqual([]);
  });

  it("built functions contain no source maps or other developer files", () => {
    for (const entry of entries) {
      const files = readdirSync(join(dist, entry));
      expect(files.filter((file) => file !== "package.json" && !file.endsWith(".js"))).toEqual([]);
      expect(readFileSync(join(dist, entry, "index.js"), "utf8")).not.toContain("sourceMappingURL");
    }
    const meta = readdirSync(join(dist, ".meta"));
    const maps = ["asks.js.map", "nested.connects.js.map"];
    expect(meta).toEqual(expect.arrayContaining([...maps, "metafile.json"]));
  });

  it("built functions are byte-identical wherever they are built", async () => {
    const other = join(home, "elsewhere", "dist");
    await build({ entries, sources, dist: other });
    for (const entry of entries) {
      const files = readdirSync(join(dist, entry));
      expect(readdirSync(join(other, entry))).toEqual(files);
      for (const file of files) {
        expect(readFileSync(join(other, entry, file))).toEqual(readFileSync(join(dist, entry, file)));
      }
    }
  });

  it("a failed build leaves the built functions unchanged", async () => {
    await expect(build({ entries: ["asks", "waits"], sources, dist })).rejects.toThrow(/[Tt]op-level await/);
    expect(existsSync(join(dist, "asks", "index.js"))).toBe(true);
    expect(readdirSync(home).sort()).toEqual(["dist", "elsewhere"]);
  });

  it("building a function without a source fails and names the source", async () => {
    await expect(build({ entries: ["asks", "webhooks/nobody"], sources, dist })).rejects.toThrow(
      "no source for functions/webhooks/nobody.ts",
    );
  });
});
