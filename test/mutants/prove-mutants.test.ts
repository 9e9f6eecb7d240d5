import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Mutant, mutated } from "../../scripts/mutants/mutant.ts";
import { mutants } from "../../scripts/mutants/mutants.ts";
import { proveMutants } from "../../scripts/mutants/prove-mutants.ts";
import { reportOf } from "../../scripts/mutants/report.ts";

const root = mkdtempSync(path.join(tmpdir(), "mutants-test-"));
/** Each proof starts Vitest several times. */
const timeout = 120_000;
const ground = { env: {}, renew: async () => {}, stop: async () => {} };

/** A repository with one guarded program. */
const files = {
  ".gitignore": "node_modules",
  "package.json": '{ "type": "module" }',
  "tsconfig.json": `{
    "compilerOptions": { "module": "nodenext", "target": "es2024", "allowImportingTsExtensions": true, "noEmit": true,
      "types": [], "skipLibCheck": true },
    "include": ["lib"]
  }`,
  "vitest.config.ts": 'export default { test: { include: ["test/**/*.test.ts"] } };',
  "lib/pay.ts": `export const most = 100;
export function pay(amount: number): string {
  if (amount > most) throw new Error("too much");
  if (amount <= 0) throw new Error("too little");
  return "paid";
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

const mutant = (name: string, from: string, to: string): Mutant => ({
  name,
  file: "lib/pay.ts",
  from,
  to,
  tests: ["test/pay.test.ts"],
});

async function prove(...planted: Mutant[]) {
  const folder = mkdtempSync(path.join(tmpdir(), "mutants-test-"));
  const lines: string[] = [];
  try {
    const proofs = await proveMutants({
      root,
      mutants: planted,
      folders: [folder],
      startGround: async () => ground,
      print: (line) => lines.push(line),
      signal: new AbortController().signal,
    });
    return { outcomes: proofs.map(({ outcome }) => outcome), lines, report: reportOf(proofs) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const tooMuch = 'if (amount > most) throw new Error("too much");';
const killed = mutant("more than the most is taken", tooMuch, "");

it(
  "a guard that a test misses is killed, by that test, and the report ends well",
  async () => {
    const { outcomes, report } = await prove(killed);
    expect(outcomes).toEqual(["killed"]);
    expect(report.text).toMatch(/test\/pay\.test\.ts +takes no more than the most/);
    expect(report.text).toContain("1 of 1 mutants killed");
    expect(report.code).toBe(0);
  },
  timeout,
);

it(
  "whatever else becomes of a guard is told, and the report ends badly",
  async () => {
    const { outcomes, lines, report } = await prove(
      mutant("nothing is taken", "if (amount <= 0)", "if (amount < -1)"),
      killed,
      mutant("a guard that is gone", "if (amount === 7)", ""),
      mutant("a text that is there twice", "throw new Error", ""),
      mutant("what does not compile", tooMuch, "if (amout > most) throw new Error();"),
      mutant("what cannot be imported", "export const most = 100;", 'export const most = JSON.parse("no");'),
    );
    expect(outcomes).toEqual(["survived", "killed", "gone", "gone", "broken", "broken"]);
    expect(report.code).toBe(1);
    expect(report.text).toContain("1 of 6 mutants killed");
    expect(report.text).toMatch(/^survived: nothing is taken: 2 tests passed$/m);
    expect(report.text).toMatch(/^gone: a guard that is gone: /m);
    expect(report.text).toMatch(/^broken: what does not compile: does not compile: .*amout/m);
    expect(report.text).toMatch(/^broken: what cannot be imported: test\/pay\.test\.ts: /m);
    expect(lines[0]).toMatch(/^2 tests of 1 files are green/);
    expect(readFileSync(path.join(root, "lib/pay.ts"), "utf8")).toBe(files["lib/pay.ts"]);
  },
  timeout,
);

it(
  "nothing is proven by tests that are red with all guards in place",
  async () => {
    writeFileSync(path.join(root, "lib/pay.ts"), files["lib/pay.ts"].replace("100", "1000"));
    const { outcomes, report } = await prove(killed);
    expect(outcomes).toEqual(["broken"]);
    expect(report.text).toMatch(
      /^broken: .*: red with all guards in place: test\/pay\.test\.ts: takes no more/m,
    );
    expect(report.code).toBe(1);
    writeFileSync(path.join(root, "lib/pay.ts"), files["lib/pay.ts"]);
  },
  timeout,
);

it("every mutant of the gateway has a name of its own, and takes away what is there", () => {
  const names = mutants.map(({ name }) => name);
  expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  const here = path.join(import.meta.dirname, "../..");
  const gone = mutants.filter(
    (each) => mutated(readFileSync(path.join(here, each.file), "utf8"), each) === null,
  );
  expect(gone.map(({ name }) => name)).toEqual([]);
});
