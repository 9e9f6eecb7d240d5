import { StripeError } from "./stripe-error.ts";

/** The allowed content of a form: a leaf, a list of one shape, a map of free names (`*`), or named members. */
export type Shape = "text" | "integer" | "boolean" | readonly [Shape] | { readonly [name: string]: Shape };

/** The type of a form that was read with that shape. */
export type Value<S> = S extends "text"
  ? string
  : S extends "integer"
    ? number
    : S extends "boolean"
      ? boolean
      : S extends readonly [infer Item]
        ? Value<Item>[]
        : S extends { readonly "*": infer Item }
          ? Record<string, Value<Item>>
          : { [Name in keyof S]?: Value<S[Name]> };

type Tree = string | Map<string, Tree>;

/**
 * Reads Stripe's nested form encoding (`a[b][0]=c`) and checks it against a shape. Throws a `StripeError` like Stripe's
 * for an unknown parameter, an empty text, or a text that is not an integer or boolean.
 */
export function readForm<const S extends Shape>(encoded: string, shape: S): Value<S> {
  const root: Map<string, Tree> = new Map();
  for (const [name, value] of new URLSearchParams(encoded)) insert(root, path(name), value);
  return read(root, shape, "") as Value<S>;
}

function path(name: string): string[] {
  const [, first = name, rest = ""] = /^([^[]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  return [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map(([, part = ""]) => part)];
}

function insert(node: Map<string, Tree>, [head = "", ...tail]: string[], value: string): void {
  const name = head === "" ? String(node.size) : head;
  if (tail.length === 0) {
    node.set(name, value);
    return;
  }
  const existing = node.get(name);
  const child = existing instanceof Map ? existing : new Map<string, Tree>();
  node.set(name, child);
  insert(child, tail, value);
}

function read(tree: Tree, shape: Shape, at: string): unknown {
  if (typeof shape === "string") {
    if (tree instanceof Map) throw new StripeError("Invalid string: must not be an object", { param: at });
    return leaf(tree, shape, at);
  }
  if (!(tree instanceof Map)) throw new StripeError("Invalid object", { param: at });
  if (isList(shape)) return [...tree].map(([index, item]) => read(item, shape[0], `${at}[${index}]`));
  const members = [...tree].map(([name, member]) => {
    const inside = at === "" ? name : `${at}[${name}]`;
    const schema = Object.hasOwn(shape, name) ? shape[name] : shape["*"];
    if (schema === undefined) {
      throw new StripeError(`Received unknown parameter: ${inside}`, {
        code: "parameter_unknown",
        param: inside,
      });
    }
    return [name, read(member, schema, inside)];
  });
  return Object.fromEntries(members);
}

function isList(shape: Exclude<Shape, string>): shape is readonly [Shape] {
  return Array.isArray(shape);
}

function leaf(text: string, kind: "text" | "integer" | "boolean", param: string): string | number | boolean {
  if (text === "") {
    throw new StripeError(`You passed an empty string for '${param}'. Remove it or supply a value.`, {
      code: "parameter_invalid_empty",
      param,
    });
  }
  if (kind === "text") return text;
  if (kind === "boolean") {
    if (text !== "true" && text !== "false") throw new StripeError(`Invalid boolean: ${text}`, { param });
    return text === "true";
  }
  if (!/^-?\d{1,15}$/.test(text)) {
    throw new StripeError(`Invalid integer: ${text}`, { code: "parameter_invalid_integer", param });
  }
  return Number(text);
}
