import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cellsOf, readmes, root } from "./readmes.ts";

const page = readFileSync(path.join(root, "lib/THREATS.md"), "utf8");
const rows = (page.match(/^\|.*\|$/gm) ?? []).map(cellsOf);
const heads = rows.filter((_, at) => rows[at + 1]?.every((cell) => /^-+$/.test(cell)));
const attacks = rows.slice(rows.indexOf(heads.find(([first]) => first === "attack")!) + 2);

/** The cited tests: file, and the beginning of the test's name. */
const shown = attacks.flatMap(([attack, , proof = ""]) =>
  [...proof.matchAll(/`([^`]+)` "([^"]*)"/g)].map(([, file = "", title = ""]) => ({ attack, file, title })),
);

describe("the threat model", () => {
  it("the threat model cites at least one test per attack, and nothing else in that column", () => {
    expect(attacks.length).toBeGreaterThan(15);
    const bare = attacks.filter(([attack]) => !shown.some((proof) => proof.attack === attack));
    expect(bare).toEqual([]);
    const rest = attacks.map(([, , proof = ""]) => proof.replace(/`[^`]+` "[^"]+"(?:; )?/g, ""));
    expect(rest.filter((text) => text !== "")).toEqual([]);
  });

  it("the threat model cites only existing tests", () => {
    const absent = shown.filter(({ file, title }) => {
      if (!/^test\/.*\.test\.ts$/.test(file) || !existsSync(path.join(root, file))) return true;
      const source = readFileSync(path.join(root, file), "utf8");
      return !['"', "'", "`"].some((quote) => source.includes(quote + title));
    });
    expect(absent).toEqual([]);
  });

  it("the threat model covers each of the ten OWASP API risks", () => {
    const risks = new Set(attacks.flatMap(([attack = ""]) => attack.match(/\bAPI\d+\b/g) ?? []));
    expect(risks).toEqual(new Set(Array.from({ length: 10 }, (_, at) => `API${at + 1}`)));
  });

  it("the threat model names only existing files, and both READMEs link to it", () => {
    const files = [...page.matchAll(/`((?:lib|test|functions|infra|scripts)\/[^`]+)`/g)].map(
      ([, file]) => file!,
    );
    expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
    for (const { text } of readmes) expect(text).toContain("](lib/THREATS.md)");
  });
});
