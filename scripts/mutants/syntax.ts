import { parseSync } from "vite";

/** A node of the syntax tree (ESTree), with the node that holds it. */
export type Node = {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
};

export type Syntax = {
  source: string;
  program: Node;
  comments: readonly { start: number; end: number }[];
  /** The node that holds a node, and the field that holds it there. */
  parentOf(node: Node): { node: Node; field: string } | undefined;
  /** The nodes that begin at an offset, the largest first. */
  beginningAt(offset: number): Node[];
  /** The smallest node of a type around an offset. */
  around(offset: number, ...types: string[]): Node | undefined;
};

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The nodes that a node holds, each with its field. */
export function childrenOf(node: Node): [field: string, child: Node][] {
  return Object.entries(node).flatMap(([field, value]) =>
    [value].flat().flatMap((one) => (isNode(one) ? [[field, one] as [string, Node]] : [])),
  );
}

export function parse(file: string, source: string): Syntax {
  const { program, comments, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file} cannot be parsed: ${errors[0].message}`);
  const parents = new Map<Node, { node: Node; field: string }>();
  const all: Node[] = [];
  const visit = (node: Node) => {
    all.push(node);
    for (const [field, child] of childrenOf(node)) {
      parents.set(child, { node, field });
      visit(child);
    }
  };
  const root = program as unknown as Node;
  visit(root);
  return {
    source,
    program: root,
    comments,
    parentOf: (node) => parents.get(node),
    beginningAt: (offset) => all.filter((node) => node.start === offset && node !== root),
    around: (offset, ...types) =>
      all.findLast((node) => types.includes(node.type) && node.start <= offset && offset < node.end),
  };
}
