import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The types of stripe 23.1.0 as it is installed: Stripe generates them from its own OpenAPI description. */
const resources = join(dirname(createRequire(import.meta.url).resolve("stripe")), "../esm/resources");

/** A member of an official object: whether it is always sent, and the text of its type. */
export type Member = { name: string; always: boolean; type: string };

/** The members of the first `interface <name>` in a file such as `Refunds.d.ts`. */
export function membersOf(file: string, name: string): Member[] {
  const text = readFileSync(join(resources, file), "utf8");
  const [head, indent = ""] = new RegExp(`^( *)(?:export )?interface ${name} \\{$`, "m").exec(text) ?? [];
  if (head === undefined) throw new Error(`stripe has no interface ${name} in ${file}`);
  const body = text.slice(text.indexOf(head) + head.length);
  const inside = body.slice(0, body.indexOf(`\n${indent}}`));
  const member = new RegExp(`^${indent} {4}(\\w+)(\\??): ([^;]+);$`, "gm");
  return [...inside.matchAll(member)].map(([, found = "", optional, type = ""]) => ({
    name: found,
    always: optional === "",
    type,
  }));
}

/** The values of `type <name>` in a file; Stripe may add others at any time. */
export function valuesOf(file: string, name: string): string[] {
  const text = readFileSync(join(resources, file), "utf8");
  const [, union = ""] = new RegExp(`^ *type ${name} = ([^;]+);$`, "m").exec(text) ?? [];
  return [...union.matchAll(/'([^']*)'/g)].map(([, value = ""]) => value);
}

/** Every error code in Stripe's list (https://docs.stripe.com/error-codes). */
export function errorCodes(): string[] {
  const text = readFileSync(join(resources, "PaymentIntents.d.ts"), "utf8");
  const [, union = ""] = /namespace LastPaymentError \{\s*type Code = ([^;]+);/.exec(text) ?? [];
  return [...union.matchAll(/'(\w+)'/g)].map(([, code = ""]) => code);
}
