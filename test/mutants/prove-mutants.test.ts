import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Change, drop, never, replace } from "../../scripts/mutants/changes.ts";
import type { Mutation } from "../../scripts/mutants/mutant.ts";
import { proveMutants } from "../../scripts/mutants/prove-mutants.ts";
import { reportOf } from "../../scripts/mutants/report.ts";

const root = mkdtempSync(path.join(tmpdir(), "mutants-test-"));
/** In milliseconds: each call of `prove` starts Vitest several times. */
const timeout = 120_000;
const setup = { env: {}, renew: async () => {}, stop: async () => {} };

/** A small repository with one program and its tests. */
const files = {
  ".gitignore": "node_modules",
  "package.json": '{ "type": "module" }',
  "tsconfig.json": `{
    "compilerOptions": { "module": "nodenext", "target": "es2024", "allowImportingTsExtensions": true, "noEmit": true,
      "types": [], "skipLibCheck": true },
    "include": ["lib"]
  }`,
  "vitest.config.ts": 'export default { test: { include: ["test/**/*.test.ts"] } };',
  "lib/pay.ts": `// mutation: most
export const most = 100;
export function pay(amount: number): string {
  // mutation: too-much
  if (amount > most) throw new Error("too much");
  // mutation: too-little
  if (amount <= 0) throw new Error("too little");
  // mutation: twice
  return /* mutation: twice */ "paid";
}
`,
  "test/pay.test.ts": `import { expect, it } from "vitest";
import { pay } from "../lib/pay.ts";
it("takes no more than the most", () => expect(() => pay(101)).toThrow());
it("takes less", () => expect(pay(1)).toBe("paid"));
`,
};

beforeAll(() => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  symlinkSync(path.join(import.meta.dirname, "../../node_modules"), path.join(root, "node_modules"));
  execFileSync("git", ["init", "--quiet"], { cwd: root });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const mutation = (name: string, at: string, change: Change): Mutation => ({
  name,
  at,
  change,
  tests: ["test/pay.test.ts"],
});

async function prove(...mutations: Mutation[]) {
  const folder = mkdtempSync(path.join(tmpdir(), "mutants-test-"));
  const lines: string[] = [];
  try {
    const proofs = await proveMutants({
      root,
      mutations,
      folders: [folder],
      startSetup: async () => setup,
      print: (line) => lines.push(line),
      signal: new AbortController().signal,
    });
    return { outcomes: proofs.map(({ outcome }) => outcome), lines, report: reportOf(proofs) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const killed = mutation("more than the most is taken", "too-much", drop);

it(
  "the mutation report names the test that killed a mutation, and its exit code is 0 when all were killed",
  async () => {
    const { outcomes, report } = await prove(killed);
    expect(outcomes).toEqual(["killed"]);
    expect(report.text).toMatch(/lib\/pay\.ts +test\/pay\.test\.ts +takes no more than the most/);
    expect(report.text).toContain("1 of 1 mutations killed");
    expect(report.code).toBe(0);
  },
  timeout,
);

it(
  "the mutation report lists mutations that survived, are gone or are broken, and its exit code is 1",
  async () => {
    const { outcomes, lines, report } = await prove(
      mutation("nothing is taken", "too-little", never),
      killed,
      mutation("a marker that is gone", "least", drop),
      mutation("a marker that is there twice", "twice", drop),
      mutation("what the operation does not fit", "too-much", replace("$3")),
      mutation("what does not compile", "most", replace('"100"')),
      mutation("what cannot be imported", "most", replace('JSON.parse("no")')),
    );
    expect(outcomes).toEqual(["survived", "killed", "gone", "gone", "gone", "broken", "broken"]);
    expect(report.code).toBe(1);
    expect(report.text).toContain("1 of 7 mutations killed");
    expect(report.text).toMatch(/^survived: nothing is taken: 2 tests passed$/m);
    expect(report.text).toMatch(/^gone: a marker that is gone: the sources have no marker "least"$/m);
    expect(report.text).toMatch(
      /^gone: .*: the sources have the marker "twice" more than once: lib\/pay\.ts/m,
    );
    expect(report.text).toMatch(
      /^gone: .*: lib\/pay\.ts: at the marker "too-much": BinaryExpression has no \$3$/m,
    );
    expect(report.text).toMatch(/^broken: what does not compile: does not compile: /m);
    expect(report.text).toMatch(/^broken: what cannot be imported: test\/pay\.test\.ts: /m);
    expect(lines[0]).toMatch(/^2 tests of 1 files are green/);
    expect(readFileSync(path.join(root, "lib/pay.ts"), "utf8")).toBe(files["lib/pay.ts"]);
  },
  timeout,
);

it(
  "a mutation is reported as broken when its tests fail without any mutation",
  async () => {
    writeFileSync(path.join(root, "lib/pay.ts"), files["lib/pay.ts"].replace("100", "1000"));
    const { outcomes, report } = await prove(killed);
    expect(outcomes).toEqual(["broken"]);
    expect(report.text).toMatch(/^broken: .*: red without any mutation: test\/pay\.test\.ts: takes no more/m);
    expect(report.code).toBe(1);
    writeFileSync(path.join(root, "lib/pay.ts"), files["lib/pay.ts"]);
  },
  timeout,
);
