import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { transformSync } from "esbuild";
import { afterAll, describe, expect, it } from "vitest";
import { mutations } from "../../scripts/mutants/all-mutations.ts";
import { drop, dropLink, dropOperand, never, replace, words } from "../../scripts/mutants/changes.ts";
import { markersIn } from "../../scripts/mutants/markers.ts";
import { type Mutation, mutantOf } from "../../scripts/mutants/mutant.ts";

const root = path.join(import.meta.dirname, "../..");
const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

type Sources = Record<string, string>;

function folderOf(sources: Sources): string {
  const folder = mkdtempSync(path.join(tmpdir(), "mutants-test-"));
  made.push(folder);
  for (const [name, text] of Object.entries(sources)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

/** By the mutation's name: the mutated file, or the fault of a mutation that does not apply. */
function mutatedIn(folder: string, all: readonly Mutation[] = mutations): Sources {
  const markers = markersIn(folder);
  const applied = all.map((mutation) => mutantOf(markers, mutation));
  return Object.fromEntries(
    applied.map((one) => [one.mutation.name, "fault" in one ? one.fault : one.mutated]),
  );
}

/** The program without layout and comments. */
const program = (source: string) => transformSync(source, { loader: "ts", minifyWhitespace: true }).code;
const each = (sources: Sources, change: (text: string) => string): Sources =>
  Object.fromEntries(Object.entries(sources).map(([name, text]) => [name, change(text)]));

describe("mutations of a small repository", () => {
  const sample = `const most = 100;
    export function pay(amount: number, log: (text: string) => void) {
      // mutation: too-much
      if (amount > most || /* mutation: no-number */ Number.isNaN(amount)) throw new Error("too much");
      return query("payments")
        .set({ amount })
        // mutation: own-payment
        .where("payer", "=", "me")
        .run(log);
    }
    const table = "CREATE TABLE payments (/* mutation: unique-payer */ UNIQUE KEY payer (payer))";`;
  const of = (name: string, at: string, change: Mutation["change"]) => ({ name, at, change, tests: [] });
  const changes = [
    of("never refused", "too-much", never),
    of("no refusal", "too-much", drop),
    of("always refused", "too-much", replace("$2 || $1.2 > 0")),
    of("no number", "no-number", dropOperand),
    of("of anybody", "own-payment", dropLink),
    of("of another", "own-payment", replace('$callee($1, "<>", $3)')),
    of("several", "unique-payer", words(1)),
  ];

  it("each change operation edits the marked syntax of a small program as expected", () => {
    const body = (text: string) => program(text).replaceAll("\n", "");
    const mutated = each(mutatedIn(folderOf({ "lib/pay.ts": sample }), changes), body);
    expect(mutated["never refused"]).toContain(
      'if((amount>most||Number.isNaN(amount))&&Date.now()<0)throw new Error("too much")',
    );
    expect(mutated["no refusal"]).toContain('(amount,log){return query("payments")');
    expect(mutated["always refused"]).toContain("if(Number.isNaN(amount)||most>0)throw");
    expect(mutated["no number"]).toContain("if(amount>most)throw");
    expect(mutated["of anybody"]).toContain('query("payments").set({amount}).run(log)');
    expect(mutated["of another"]).toContain('.set({amount}).where("payer","<>","me").run(log)');
    expect(mutated.several).toMatch(/\(\/\* mutation: unique-payer \*\/ {2}KEY payer \(payer\)\)/);
  });

  it("mutations of a small program stay the same when names, layout and file change", () => {
    const renamed = (text: string) =>
      text.replaceAll(/\bamount\b/g, "value").replaceAll(/\bmost\b/g, "limit");
    const before = mutatedIn(folderOf({ "lib/pay.ts": sample }), changes);
    const flat = renamed(sample)
      .replaceAll(/(\/\/ mutation: [\w-]+)\n/g, "$1\r")
      .replaceAll(/\s*\n\s*/g, " ");
    const after = mutatedIn(folderOf({ "functions/deep/give.ts": flat.replaceAll("\r", "\n") }), changes);
    expect(each(after, program)).toEqual(each(each(before, renamed), program));
  });

  it("a mutation whose operation does not apply, or whose code uses our identifiers, is reported as a fault", () => {
    const faults = mutatedIn(folderOf({ "lib/pay.ts": sample }), [
      of("no link", "too-much", dropLink),
      of("no text", "too-much", words(1)),
      of("too many words", "unique-payer", words(100)),
      of("a name", "too-much", replace("$1 && most")),
    ]);
    expect(faults).toEqual({
      "no link": 'lib/pay.ts: at the marker "too-much": dropLinks needs a link of a chain',
      "no text": 'lib/pay.ts: at the marker "too-much": words needs a marker in a text',
      "too many words": 'lib/pay.ts: at the marker "unique-payer": the text has fewer than 100 words',
      "a name": 'lib/pay.ts: at the marker "too-much": most in "$1 && most" would not survive a renaming',
    });
  });
});

/** In milliseconds: hundreds of files are parsed and formatted. */
const timeout = 120_000;

describe("mutations of the gateway", { timeout }, () => {
  const folders = ["functions", "infra", "lib"];
  const before = mutatedIn(root);

  function copy(): string {
    const folder = folderOf({});
    for (const name of folders) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
    return folder;
  }

  it("the gateway's mutations survive a rename of its most frequent identifiers", () => {
    const folder = copy();
    const files = globSync("{functions,infra,lib}/**/*.ts", { cwd: folder });
    const names = commonest(files.map((file) => readFileSync(path.join(folder, file), "utf8")));
    expect(names).toHaveLength(60);
    const token = new RegExp(`(?<![\\w$])(?:${names.join("|")})(?![\\w$])`, "g");
    const renamed = (text: string) => text.replaceAll(token, "$&Renamed");
    for (const file of files) {
      const name = path.join(folder, file);
      writeFileSync(name, renamed(readFileSync(name, "utf8")));
    }
    expect(mutatedIn(folder)).toEqual(each(before, renamed));
  });

  it("the gateway's mutations survive reformatting to narrow lines", () => {
    const folder = copy();
    const config = { formatter: { indentStyle: "tab", lineWidth: 60 } };
    writeFileSync(path.join(folder, "biome.json"), JSON.stringify(config));
    execFileSync(path.join(root, "node_modules/.bin/biome"), ["format", "--write", "."], { cwd: folder });
    expect(each(mutatedIn(folder), program)).toEqual(each(before, program));
  });

  it("the gateway's mutations survive the move of a function to another file", () => {
    const folder = copy();
    const from = path.join(folder, "lib/storage/payments/settle.ts");
    const source = readFileSync(from, "utf8");
    const [moved = ""] = /^function judge\([\s\S]*?^}\n/m.exec(source) ?? [];
    expect(moved).toContain("// mutation: second-payment-amount");
    writeFileSync(from, source.replace(moved, ""));
    writeFileSync(path.join(folder, "lib/payments/judge-second-payment.ts"), moved);
    // Whichever of the two files is mutated, both together equal the mutated original.
    const after = mutatedIn(folder);
    const ofSettle = mutations.filter(({ name }) => before[name]?.includes("function judge("));
    const inMoved = ofSettle.filter(({ name }) => after[name]?.startsWith("function judge("));
    expect(inMoved).toHaveLength(2);
    for (const { name } of inMoved) expect(before[name]).toBe(source.replace(moved, () => after[name]!));
    for (const { name } of ofSettle.filter((one) => !inMoved.includes(one)))
      expect(after[name]).toBe(before[name]!.replace(moved, ""));
    const elsewhere = mutations.filter((one) => !ofSettle.includes(one)).map(({ name }) => name);
    expect(elsewhere.filter((name) => after[name] !== before[name])).toEqual([]);
  });
});

/** The most frequent camel case names. Columns, errors and wire fields are written differently and stay. */
function commonest(sources: string[]): string[] {
  const counts = new Map<string, number>();
  for (const source of sources)
    for (const [name] of source.matchAll(/(?<![\w$.'"-])[a-z]+[A-Z]\w*(?=[(.,;) ])/g))
      if (!languageNames.has(name)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 60)
    .map(([name]) => name);
}
/** Names of the language and of packages, which we cannot rename. */
const languageNames = new Set([
  ...["instanceof", "isArray", "isNaN", "getTime", "toString", "randomUUID"],
  "idempotencyKey",
]);
