import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { providers } from "../../lib/providers/registry.ts";
import { childrenOf, type Node, parse } from "../../scripts/mutants/syntax.ts";

const root = path.join(import.meta.dirname, "../..");
const names = Object.keys(providers);

/** A file of one provider has its name as a word of its own name or of a folder's: `<name>/…`, `<topic>-<name>.test.ts`. */
const isOwn = (file: string) => file.split(/[/.-]/).some((word) => names.includes(word));

/** Where no file names a provider, except those below and a provider's own. */
const shared = [
  ...["functions", "infra", "lib", "scripts"],
  ...["attack", "contract", "histories", "kits", "properties", "steps"].map((folder) => `test/${folder}`),
];
/** Stand-ins for parts of SDKs, each of which names its SDK. */
const sdks = "scripts/build/slim/";

/** Why a shared file names a provider. */
const except: Record<string, string> = {
  "lib/providers/registry.ts": "the list of providers",
  "scripts/local/what-to-try-next.ts": "the example that `npm start` prints",
  "test/steps/api.ts": "the provider of an order whose test does not care",
};

/** The providers that an identifier or a text names. */
const namedIn = (text: string) => names.filter((name) => text.toLowerCase().includes(name));

function textOf(node: Node): string {
  if (/^(JSX)?Identifier$|^PrivateIdentifier$/.test(node.type)) return String(node.name);
  if (node.type === "TemplateElement") return (node.value as { raw: string }).raw;
  return node.type === "Literal" && typeof node.value === "string" ? node.value : "";
}

/** A mutation names the tests that kill it, which may be a provider's own. */
const isOwnTest = (text: string) => text.startsWith("test/") && isOwn(text);

function namesIn(node: Node): string[] {
  const text = textOf(node);
  const inChildren = childrenOf(node).flatMap(([, child]) => namesIn(child));
  return isOwnTest(text) ? inChildren : [...namedIn(text), ...inChildren];
}

/** The provider that an element of a list is about: its text, its key, or the first item of a row. */
function subjectOf(node: Node | null): string[] {
  if (!node) return [];
  if (node.type === "Property") return subjectOf(node.key as Node);
  if (node.type === "TSLiteralType") return subjectOf(node.literal as Node);
  if (node.type === "ArrayExpression") return subjectOf((node.elements as (Node | null)[])[0] ?? null);
  return names.filter((name) => name === textOf(node));
}

/** Lists, records and unions that enumerate three providers or more. */
function listsIn(node: Node): string[] {
  const items = node.elements ?? node.properties ?? (node.type === "TSUnionType" ? node.types : []);
  const listed = new Set((items as (Node | null)[]).flatMap(subjectOf));
  const own = listed.size > 2 ? [[...listed].join(", ")] : [];
  return [...own, ...childrenOf(node).flatMap(([, child]) => listsIn(child))];
}

const files = globSync("{functions,infra,lib,scripts,test}/**/*.ts", { cwd: root })
  .filter((file) => !isOwn(file))
  .map((file) => ({ file, program: parse(file, readFileSync(path.join(root, file), "utf8")).program }));

describe("names of providers", () => {
  it("a shared file names no provider, so that a new provider needs no change of it", () => {
    const found = files
      .filter(({ file }) => !file.endsWith(".test.ts") && !file.startsWith(sdks))
      .filter(({ file }) => shared.some((folder) => file.startsWith(`${folder}/`)))
      .flatMap(({ file, program }) => {
        const named = [...new Set(namesIn(program))];
        return named.length > 0 ? [[file, named.join(", ")]] : [];
      });
    expect(Object.fromEntries(found.filter(([file]) => !except[file!]))).toEqual({});
    expect(Object.keys(except).filter((file) => !found.some(([one]) => one === file))).toEqual([]);
  });

  it("a shared test takes one or two providers as examples and never lists them", () => {
    const found = files.flatMap(({ file, program }) => listsIn(program).map((list) => [file, list]));
    expect(Object.fromEntries(found.filter(([file]) => !except[file!]))).toEqual({});
  });

  it.each(names)("%s has each test of its own that all providers have", (name) => {
    const own = globSync("test/**/*-*.test.ts", { cwd: root }).map((file) => path.basename(file));
    for (const topic of ["garbage-answers", "malformed-events"])
      expect(own).toContain(`${topic}-${name}.test.ts`);
  });
});
