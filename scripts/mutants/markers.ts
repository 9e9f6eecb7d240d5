import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Site } from "./changes.ts";
import { isLink, Misfit, parse, type Syntax } from "./syntax.ts";

/** A marker in the sources. `file` is relative to the repository's root. */
export type Marker = { id: string; file: string; source: string; site(): Site };

/** All markers in the sources by id. An id that occurs more than once is a fault. */
export type Markers = ReadonlyMap<string, readonly Marker[]>;

const folders = ["functions", "infra", "lib"];
/** In a TypeScript comment, or in an SQL or Lua comment within a string. */
const marker = /(?:\/\/|\/\*|--\[\[) mutation: ([a-z0-9-]+)(?: \*\/| \]\]|$)/gm;

export function markersIn(root: string): Markers {
  const markers = new Map<string, Marker[]>();
  for (const folder of folders.filter((name) => existsSync(path.join(root, name)))) {
    for (const name of globSync("**/*.ts", { cwd: path.join(root, folder) }).sort()) {
      const file = path.join(folder, name);
      const source = readFileSync(path.join(root, file), "utf8");
      let syntax: Syntax | undefined;
      const parsed = () => (syntax ??= parse(file, source));
      for (const { index, 0: text, 1: id = "" } of source.matchAll(marker)) {
        const site = () => siteAt(parsed(), index, index + text.length);
        markers.set(id, [...(markers.get(id) ?? []), { id, file, source, site }]);
      }
    }
  }
  return markers;
}

/** The syntax after the marker: the nodes that start at the next token that is not a comment. */
function siteAt(syntax: Syntax, start: number, end: number): Site {
  const { source } = syntax;
  if (!syntax.comments.some((comment) => comment.start === start)) {
    const string = syntax.around(start, "Literal", "TemplateElement");
    if (!string) throw new Misfit("the marker is neither in a comment nor in a string");
    return { syntax, nodes: [], text: { start: end, end: string.end } };
  }
  const offset = nextToken(source, end, syntax.comments);
  const nodes = syntax.beginningAt(offset);
  if (nodes.length > 0 || !/^\??\./.test(source.slice(offset))) return { syntax, nodes };
  // A link is the call expression of the method whose dot is here.
  const member = syntax.around(offset, "MemberExpression");
  const call = member && syntax.parentOf(member)?.node;
  return { syntax, nodes: call && isLink(call) ? [call] : [] };
}

function nextToken(source: string, from: number, comments: Syntax["comments"]): number {
  const offset = from + source.slice(from).search(/\S|$/);
  const comment = comments.find(({ start }) => start === offset);
  return comment ? nextToken(source, comment.end, comments) : offset;
}
