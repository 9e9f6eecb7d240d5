import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { explained } from "../../lib/http/openapi/explained.ts";
import { childrenOf, type Node, parse } from "../../scripts/mutants/syntax.ts";

const lib = path.join(import.meta.dirname, "../../lib");

const escaped = (text: string) => text.replace(/[^\w\s]/g, "\\$&");

/** Patterns of the messages that the sources write, with `.+` for each embedded expression. */
function writtenMessages(): RegExp[] {
  const found: RegExp[] = [];
  const add = (parts: string[]) => {
    const enough = parts.join("").trim().length >= 8;
    if (enough) found.push(new RegExp(`^${parts.map((part) => escaped(part)).join(".+")}$`, "s"));
  };
  const visit = (node: Node) => {
    if (node.type === "Literal" && typeof node.value === "string") add([node.value]);
    if (node.type === "TemplateLiteral")
      add((node.quasis as { value: { cooked: string } }[]).map(({ value }) => value.cooked));
    for (const [, child] of childrenOf(node)) visit(child);
  };
  for (const file of globSync("**/*.ts", { cwd: lib, exclude: (name) => /openapi/.test(name) }))
    visit(parse(file, readFileSync(path.join(lib, file), "utf8")).program);
  return found;
}

describe("the failures in the API reference", () => {
  const written = writtenMessages();
  const examples = Object.entries(explained).map(([failure, { message, details }]) => ({
    failure,
    message:
      details?.fields?.length === 1 && message.startsWith(`${details.fields[0]!.field}: `)
        ? details.fields[0]!.message
        : message,
  }));

  it.each(examples)("the example message of $failure is one that the gateway writes", ({ message }) => {
    expect(written.filter((one) => one.test(message))).not.toEqual([]);
  });
});
