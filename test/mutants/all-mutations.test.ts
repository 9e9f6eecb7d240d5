import { existsSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { mutations } from "../../scripts/mutants/all-mutations.ts";
import { markersIn } from "../../scripts/mutants/markers.ts";
import { mutantOf } from "../../scripts/mutants/mutant.ts";

const markers = markersIn(path.join(import.meta.dirname, "../.."));
const applied = mutations.map((mutation) => mutantOf(markers, mutation));

it("every mutation of the gateway has a unique name", () => {
  const names = mutations.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
});

it("every mutation of the gateway applies to the sources and changes them", () => {
  const faults = applied.flatMap((one) => {
    if ("fault" in one) return [`${one.mutation.name}: ${one.fault}`];
    return one.mutated === one.source ? [`${one.mutation.name}: nothing changes`] : [];
  });
  expect(faults).toEqual([]);
});

it("no two mutations of the gateway produce the same program", () => {
  const programs = mutations.map((mutation) =>
    JSON.stringify({ ...mutantOf(markers, mutation), mutation: 0 }),
  );
  const again = mutations.filter((_, at) => programs.indexOf(programs[at]!) !== at);
  expect(again.map(({ name }) => name)).toEqual([]);
});

it("every mutation marker occurs once in the sources and is used by a mutation", () => {
  const used = new Set(mutations.map(({ at }) => at));
  const faults = [...markers].flatMap(([id, places]) => {
    const files = places.map(({ file }) => file).join(", ");
    if (places.length > 1) return [`${id} occurs more than once: ${files}`];
    return used.has(id) ? [] : [`no mutation uses ${id} in ${files}`];
  });
  expect(faults).toEqual([]);
});

it("every mutation names test files that exist", () => {
  const files = new Set(mutations.flatMap(({ tests }) => tests));
  expect([...files].filter((file) => !existsSync(path.join(import.meta.dirname, "../..", file)))).toEqual([]);
});
