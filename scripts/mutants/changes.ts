import { filled } from "./placeholders.ts";
import {
  expressionOf,
  hasOperands,
  isLink,
  isNode,
  isStatement,
  Misfit,
  type Node,
  objectOf,
  type Syntax,
  spanOf,
  textOf,
  unwrapped,
} from "./syntax.ts";

/** The syntax that a marker points at. */
export type Site = {
  syntax: Syntax;
  /** The nodes that start at the marker, the largest first; for a link of a call chain, its call expression. */
  nodes: Node[];
  /** For a marker inside a string of SQL or Lua: where the text after the marker starts, and where the string ends. */
  text?: { start: number; end: number };
};

/** The replacement of a range of the source. */
export type Edit = { start: number; end: number; text: string };

/** One operation on the syntax after a marker. Throws `Misfit` where it does not apply. */
export type Change = (site: Site) => Edit;

/** Removes a statement, or one item of a list: element, property, argument. */
export const drop: Change = ({ syntax, nodes }) => {
  for (const node of nodes) {
    const parent = syntax.parentOf(node);
    if (!parent) continue;
    const list = parent.node[parent.field];
    if (isStatement(node)) return { ...spanOf(node), text: Array.isArray(list) ? "" : "{}" };
    if (Array.isArray(list) && parent.node.type !== "TemplateLiteral") {
      const next = list[list.indexOf(node) + 1];
      const before = list[list.indexOf(node) - 1];
      if (isNode(next)) return { start: node.start, end: next.start, text: "" };
      if (isNode(before)) return { start: before.end, end: node.end, text: "" };
      const comma = /^\s*,/.exec(syntax.source.slice(node.end))?.[0] ?? "";
      return { start: node.start, end: node.end + comma.length, text: "" };
    }
  }
  throw new Misfit("drop needs a statement, an element, a property or an argument");
};

/** Removes `count` consecutive links of a call chain, from the marked one on. */
export const dropLinks =
  (count: number): Change =>
  ({ syntax, nodes: [link] }) => {
    if (!link || !isLink(link)) throw new Misfit("dropLinks needs a link of a chain");
    let last = link;
    for (let more = 1; more < count; more++) {
      const member = syntax.parentOf(last)?.node;
      const call = member && syntax.parentOf(member)?.node;
      if (!call || !isLink(call) || objectOf(call) !== last)
        throw new Misfit(`the chain has fewer than ${count} links here`);
      last = call;
    }
    return { start: objectOf(link).end, end: last.end, text: "" };
  };

/** Removes a link of a call chain. */
export const dropLink = dropLinks(1);

/** Removes the operand that starts here: one of `&&`, `||` or `??`, else one of an arithmetic operator. */
export const dropOperand: Change = ({ syntax, nodes }) => {
  for (const type of ["LogicalExpression", "BinaryExpression"]) {
    for (const node of nodes.toReversed()) {
      const parent = syntax.parentOf(node);
      if (parent?.node.type !== type) continue;
      const other = parent.field === "left" ? parent.node.right : parent.node.left;
      return { ...spanOf(parent.node), text: textOf(syntax, other as Node) };
    }
  }
  throw new Misfit("dropOperand needs an operand");
};

/** Swaps an item of a list with the next one. */
export const swapWithNext: Change = ({ syntax, nodes }) => {
  for (const node of nodes) {
    const parent = syntax.parentOf(node);
    const list = parent?.node[parent.field];
    const next = Array.isArray(list) ? list[list.indexOf(node) + 1] : undefined;
    if (!isNode(next)) continue;
    const between = syntax.source.slice(node.end, next.start);
    return {
      start: node.start,
      end: next.end,
      text: textOf(syntax, next) + between + textOf(syntax, node),
    };
  }
  throw new Misfit("swapWithNext needs an item of a list that has a next item");
};

/** Replaces the operator between two operands. */
export const operator =
  (to: string): Change =>
  ({ syntax, nodes }) => {
    const node = expressionOf(nodes);
    if (!hasOperands(node)) throw new Misfit(`operator needs two operands, not ${node.type}`);
    const [left, right] = [node.left as Node, node.right as Node];
    return {
      start: node.start,
      end: node.end,
      text: `${textOf(syntax, left)} ${to} ${textOf(syntax, right)}`,
    };
  };

/**
 * Replaces the expression with other code. Placeholders in that code stand for parts of the expression: `$0` is all of
 * it; `$1`, `$2` … are its operands, arguments, elements or embedded expressions, `$2.1` the first part of `$2`;
 * `$this` is the object whose method or property it is; `$callee` is the function that it calls. All other identifiers
 * must belong to the language.
 */
export const replace =
  (code: string): Change =>
  ({ syntax, nodes }) => {
    const node = expressionOf(nodes);
    const text = filled(code, syntax, node);
    const holder = syntax.parentOf(node)?.node;
    if (holder?.type === "Property" && holder.shorthand)
      return { ...spanOf(node), text: `${textOf(syntax, node)}: (${text})` };
    return { ...spanOf(node), text: isWord.test(text) ? text : `(${text})` };
  };
const isWord = /^(\w+|"[^"]*")$/;

/** The condition never holds. It is still evaluated, and the compiler does not know the outcome. */
export const never = replace("$0 && Date.now() < 0");
/** The condition always holds. */
export const always = replace("$0 || Date.now() > 0");

/** Applies a change to the first call of a chain. */
export const head =
  (change: Change): Change =>
  ({ syntax, nodes }) => {
    const call = nodes.findLast(({ type }) => type === "CallExpression");
    if (!call) throw new Misfit("head needs a call");
    return change({ syntax, nodes: [call] });
  };

/** Applies a change to a part of the expression, given as ESTree fields separated by dots. */
export const within =
  (path: string, change: Change): Change =>
  ({ syntax, nodes }) => {
    let found: unknown = expressionOf(nodes);
    for (const field of path.split("."))
      found = (unwrapped(found) as Record<string, unknown> | undefined)?.[field];
    if (!isNode(found)) throw new Misfit(`${expressionOf(nodes).type} has no ${path}`);
    return change({ syntax, nodes: [found] });
  };

/** Replaces the next `count` words of SQL or Lua; `$1`, `$2` … stand for them. A pair of parentheses is one word. */
export const words =
  (count: number, to = ""): Change =>
  ({ syntax: { source }, text }) => {
    if (!text) throw new Misfit("words needs a marker in a text");
    const found = [...source.slice(text.start, text.end).matchAll(word)].slice(0, count);
    const last = found.at(-1);
    if (!last || found.length < count) throw new Misfit(`the text has fewer than ${count} words`);
    return {
      start: text.start + found[0]!.index,
      end: text.start + last.index + last[0].length,
      text: to.replace(/\$(\d+)/g, (name, at: string) => {
        if (Number(at) > count) throw new Misfit(`there is no ${name} among ${count} words`);
        return found[Number(at) - 1]![0];
      }),
    };
  };
const word = /\((?:[^()]|\([^()]*\))*\)|[\w.]+|'[^']*'|[<>=~!]+|[^\s\w]/g;
