import { parseSync } from "vite";

/** Says why an operation does not apply to the syntax. */
export class Misfit extends Error {}

/** A node of the syntax tree (ESTree). */
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
  /** The parent of a node, and the parent's field that holds the node. */
  parentOf(node: Node): { node: Node; field: string } | undefined;
  /** The nodes that start at an offset, the largest first. */
  beginningAt(offset: number): Node[];
  /** The smallest node of one of these types that contains an offset. */
  around(offset: number, ...types: string[]): Node | undefined;
};

export function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

/** The children of a node, each with its field. */
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

export const spanOf = ({ start, end }: Node) => ({ start, end });
export const textOf = ({ source }: Syntax, { start, end }: Node) => source.slice(start, end);

const statements = /(Statement|Declaration)$/;
export const isStatement = (node: Node) => statements.test(node.type);
/** Whether it is `a && b`, `a + b` and the like. */
export const hasOperands = ({ type }: Node) => type === "LogicalExpression" || type === "BinaryExpression";

/** A call of a method: `.where(…)` of `query.where(…)`. */
export const isLink = (node: Node) =>
  node.type === "CallExpression" && (node.callee as Node).type === "MemberExpression";
/** The object that a link is called on. */
export const objectOf = (link: Node) => (link.callee as Node).object as Node;

/** The expression inside parentheses, else the value itself. */
export function unwrapped(value: unknown): unknown {
  return isNode(value) && value.type === "ParenthesizedExpression" ? unwrapped(value.expression) : value;
}

/** The expression of the first node that has one: a statement's, a property's, or the node itself. */
export function expressionOf(nodes: readonly Node[]): Node {
  for (const node of nodes) {
    const found = expressionIn(node);
    if (found) return found;
  }
  throw new Misfit(`there is no expression in ${nodes[0]?.type ?? "nothing"}`);
}

const expressionFields: Record<string, string> = {
  ExportNamedDeclaration: "declaration",
  VariableDeclarator: "init",
  IfStatement: "test",
  ReturnStatement: "argument",
  ThrowStatement: "argument",
  ExpressionStatement: "expression",
  Property: "value",
  PropertyDefinition: "value",
  SpreadElement: "argument",
  ParenthesizedExpression: "expression",
};

function expressionIn(node: Node): Node | undefined {
  if (node.type === "VariableDeclaration") return expressionIn((node.declarations as Node[])[0]!);
  const field = expressionFields[node.type];
  if (field) return isNode(node[field]) ? expressionIn(node[field]) : undefined;
  return isStatement(node) || node.type.startsWith("TSType") ? undefined : node;
}
