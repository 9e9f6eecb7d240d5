import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cellsOf, codeIn, linesOf, type Readme, readmes, root } from "./readmes.ts";

const [english, chinese] = readmes as [Readme, Readme];

/** A heading's anchor, generated as GitHub does it. */
function anchorOf(heading: string): string {
  const name = heading.replace(/^#+ /, "").toLowerCase();
  return `#${name.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-")}`;
}

const anchorsOf = (readme: Readme) => linesOf(readme).filter(isHeading).map(anchorOf);
const isHeading = (line: string) => /^#+ /.test(line);
const targetsIn = (line: string) => [...line.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);

/** A line's structure without its words: kind, links and inline code. Links within the page by the heading's index. */
function shapeOf(line: string, anchors: string[]): string {
  const kind = /^(#+ |\||- |\d+\. |<.*>$)?/.exec(line)![0];
  const cells = kind === "|" ? `${cellsOf(line).length} cells` : "";
  const links = targetsIn(line).map((target) =>
    target.startsWith("#") ? `heading ${anchors.indexOf(target)}` : target.replace(".zh-CN", ""),
  );
  const code = kind.startsWith("<") ? [line] : codeIn(line);
  return [kind.trim(), cells, ...links.sort(), ...code.sort()].filter(Boolean).join(" ");
}

describe("README.md and README.zh-CN.md", () => {
  it("both READMEs have the same headings, lists, tables, links and inline code, line by line", () => {
    const [ours, theirs] = [english, chinese].map((readme) =>
      linesOf(readme).map((line) => shapeOf(line, anchorsOf(readme))),
    );
    expect(theirs).toEqual(ours);
  });

  it("both READMEs have the same code blocks", () => {
    expect(chinese.blocks).toEqual(english.blocks);
  });

  it.each(readmes)("$file links only to existing files and headings", (readme) => {
    const anchors = anchorsOf(readme);
    const targets = linesOf(readme).flatMap(targetsIn);
    const isThere = (target: string) =>
      target.startsWith("#") ? anchors.includes(target) : existsSync(path.join(root, target));
    expect(targets.filter((target) => !/^https:/.test(target) && !isThere(target))).toEqual([]);
  });

  it("the READMEs link to each other", () => {
    expect(linesOf(english).flatMap(targetsIn)).toContain("README.zh-CN.md");
    expect(linesOf(chinese).flatMap(targetsIn)).toContain("README.md");
  });
});
