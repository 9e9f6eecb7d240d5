import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cellsOf, codeIn, linesOf, type Readme, readmes, root } from "./readmes.ts";

const [english, chinese] = readmes as [Readme, Readme];

/** A heading's name in a link, as GitHub makes it. */
function anchorOf(heading: string): string {
  const name = heading.replace(/^#+ /, "").toLowerCase();
  return `#${name.replace(/[^\p{L}\p{N}\s_-]/gu, "").replace(/\s/g, "-")}`;
}

const anchorsOf = (readme: Readme) => linesOf(readme).filter(isHeading).map(anchorOf);
const isHeading = (line: string) => /^#+ /.test(line);
const targetsIn = (line: string) => [...line.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);

/** A line without its words: what kind it is, what it links to, the code in it. Links within the page by their place. */
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
  it("say the same, line by line: headings, lists, tables, links and code", () => {
    const [ours, theirs] = [english, chinese].map((readme) =>
      linesOf(readme).map((line) => shapeOf(line, anchorsOf(readme))),
    );
    expect(theirs).toEqual(ours);
  });

  it("hold the same blocks of code", () => {
    expect(chinese.blocks).toEqual(english.blocks);
  });

  it.each(readmes)("$file links only to what is there", (readme) => {
    const anchors = anchorsOf(readme);
    const targets = linesOf(readme).flatMap(targetsIn);
    const isThere = (target: string) =>
      target.startsWith("#") ? anchors.includes(target) : existsSync(path.join(root, target));
    expect(targets.filter((target) => !/^https:/.test(target) && !isThere(target))).toEqual([]);
  });

  it("link to each other", () => {
    expect(linesOf(english).flatMap(targetsIn)).toContain("README.zh-CN.md");
    expect(linesOf(chinese).flatMap(targetsIn)).toContain("README.md");
  });
});
