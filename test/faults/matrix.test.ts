import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cellsOf, faults, notApplicable, steps } from "./matrix.ts";

const groups = [...new Set(Object.values(steps).map(({ group }) => group))];

describe("the fault matrix", () => {
  it("the fault matrix holds every step × every fault once, run or left out for a stated reason", () => {
    const run = groups.flatMap((group) => cellsOf(group).map(({ name }) => name));
    const named = Object.keys(steps).flatMap((step) => faults.map((fault) => `${step}×${fault}`));
    const leftOut = notApplicable.map(([name]) => name);
    expect([...run, ...leftOut].sort()).toEqual(named.sort());
    expect(notApplicable.filter(([, why]) => !why.endsWith("."))).toEqual([]);
  });

  it("every group of the fault matrix is run by exactly one test file", () => {
    const files = globSync("*.test.ts", { cwd: import.meta.dirname });
    const played = files.flatMap((file) => {
      const source = readFileSync(path.join(import.meta.dirname, file), "utf8");
      return [...source.matchAll(/it\.each\(cellsOf\("(\w+)"\)\)/g)].map(
        ([, group]) => `${group} by ${file}`,
      );
    });
    expect(played.sort()).toEqual(groups.map((group) => `${group} by ${group}.test.ts`).sort());
  });
});
