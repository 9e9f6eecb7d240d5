import { EventEmitter } from "node:events";
import {
  hasOperands,
  isLink,
  isNode,
  Misfit,
  type Node,
  objectOf,
  parse,
  type Syntax,
  textOf,
} from "./syntax.ts";

const placeholder = /\$((?:\d+|this|callee)(?:\.(?:\d+|this)\b)*)/g;

/** The code of `replace` with each placeholder (`$0`, `$1.2`, `$this`, `$callee`) replaced by that part of a node. */
export function filled(code: string, syntax: Syntax, node: Node): string {
  assertNamesNothing(code);
  return code.replace(placeholder, (name, path: string) => {
    let found: Node | undefined = node;
    for (const part of path.split(".")) found = found && partsOf(found)[part];
    if (!found) throw new Misfit(`${node.type} has no ${name}`);
    const text = textOf(syntax, found);
    return isAtom(found) ? text : `(${text})`;
  });
}

/** The parts of a node that placeholders can name. */
function partsOf(node: Node): Record<string, Node | undefined> {
  const numbered = (list: unknown[]) =>
    Object.fromEntries(list.map((part, at) => [String(at + 1), isNode(part) ? part : undefined]));
  const whole = { "0": node };
  const { left, right, test, consequent, alternate } = node;
  switch (node.type) {
    case "CallExpression":
    case "NewExpression": {
      const callee = node.callee as Node;
      const self = isLink(node) ? objectOf(node) : undefined;
      return { ...whole, callee, this: self, ...numbered(node.arguments as Node[]) };
    }
    case "ConditionalExpression":
      return { ...whole, ...numbered([test, consequent, alternate]) };
    case "MemberExpression":
      return { ...whole, this: node.object as Node };
    case "TaggedTemplateExpression":
      return { ...whole, callee: node.tag as Node, ...numbered((node.quasi as Node).expressions as Node[]) };
    case "ArrayExpression":
      return { ...whole, ...numbered(node.elements as Node[]) };
    case "ObjectExpression":
      return { ...whole, ...numbered(node.properties as Node[]) };
    case "TemplateLiteral":
      return { ...whole, ...numbered(node.expressions as Node[]) };
    case "ArrowFunctionExpression":
      return { ...whole, ...numbered([node.body]) };
    default:
      return {
        ...whole,
        ...numbered(hasOperands(node) ? [left, right] : [node.argument ?? node.expression]),
      };
  }
}

const atoms = /^(Identifier|Literal|MemberExpression|CallExpression|ThisExpression|TemplateLiteral)$/;
const isAtom = ({ type }: Node) =>
  atoms.test(type) || /^(Spread|Property|Parenthesized|Array|Object)/.test(type);

/** Identifiers of the language, of Node.js and of Kysely, which no rename in our sources changes. */
const predefined = new Set([
  ...Object.getOwnPropertyNames(globalThis),
  ...[Math, Number, Promise, Object, Date, String, Array, crypto].flatMap((one) => namesOf(one)),
  ...["", [], new Date(), /./, new Map(), new Set(), Promise.prototype, new EventEmitter(), crypto].flatMap(
    (one) => namesOf(Object.getPrototypeOf(one)),
  ),
  ...["undefined", "arguments", "ReturnType", "const", "_", "$extendTables", "fn", "as"],
]);
function namesOf(value: object): string[] {
  return Object.getOwnPropertyNames(value);
}

/** Throws `Misfit` when the code uses an identifier of our sources. */
function assertNamesNothing(code: string): void {
  const named = code.replace(placeholder, "$$part").replaceAll("typeof $part", "unknown");
  const { program } = parse("code.ts", `function _() { return (${named}); }`);
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const one of value) visit(one);
    if (!isNode(value)) return;
    const name = value.type === "Identifier" ? String(value.name) : "";
    if (name && name !== "$part" && !predefined.has(name))
      throw new Misfit(`${name} in "${code}" would not survive a renaming`);
    // Property names that the code itself defines are allowed.
    for (const part of value.type === "Property" ? [value.value] : Object.values(value)) visit(part);
  };
  visit(program);
}
