import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { build } from "../../scripts/build.ts";

const home = mkdtempSync(join(tmpdir(), "failpoints-test-"));
const dist = join(home, "dist");

beforeAll(() => build({ dist }));
afterAll(() => rmSync(home, { recursive: true, force: true }));

it("deployed bundles contain no failpoints", () => {
  const bundles = globSync("**/*.js", { cwd: dist });
  expect(bundles.length).toBeGreaterThan(10);
  const holding = bundles.filter((file) => readFileSync(join(dist, file), "utf8").includes("FAILPOINTS"));
  expect(holding).toEqual([]);
  const { outputs } = JSON.parse(readFileSync(join(dist, ".meta", "metafile.json"), "utf8"));
  const parts = Object.values(
    outputs as Record<string, { inputs: Record<string, { bytesInOutput: number }> }>,
  );
  const bytes = parts.map(({ inputs }) => inputs["lib/failpoint.ts"]?.bytesInOutput ?? 0);
  expect(Math.max(...bytes)).toBe(0);
});
