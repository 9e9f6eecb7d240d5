import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RefusalRule } from "../../lib/domain/refusal.ts";
import { providers } from "../../lib/providers/registry.ts";
import { providerNames, readmeOf, refusalsOf, withTables } from "../../scripts/refusal-tables/tables.ts";

describe.each(Object.keys(providers))("refusal tables of %s", (provider) => {
  it("a provider's README shows the same refusals as the code (update: npm run refusal-tables)", async () => {
    const readme = readFileSync(readmeOf(provider), "utf8");
    expect(readme).toBe(withTables(readme, await refusalsOf(provider)));
  });

  it("every call of a provider has a refusal table, and every code in it a source", async () => {
    const tables = Object.entries(await refusalsOf(provider));
    expect(tables.length).toBeGreaterThan(0);
    for (const [call, table] of tables) {
      expect(Object.keys(table), call).not.toEqual([]);
      for (const [code, { source }] of Object.entries(table)) expect(source, `${call} ${code}`).not.toBe("");
    }
  });

  it("a refusal that is the provider's fault is never final: only a later fetch tells the outcome", async () => {
    const rules = Object.values(await refusalsOf(provider)).flatMap((table) => Object.entries(table));
    const ended = rules.filter(([, { fault, ends }]) => fault === "provider" && ends !== "nothing");
    expect(ended).toEqual([]);
  });
});

it("every provider folder has a refusal table", () => {
  expect(providerNames().sort()).toEqual(Object.keys(providers).sort());
});

describe("generated refusal tables", () => {
  const rule = (fault: RefusalRule["fault"], ends: RefusalRule["ends"]) => ({
    fault,
    ends,
    source: "a page",
  });
  const place = "a\n<!-- refusals: npm run refusal-tables -->\nold\n<!-- /refusals -->\nb\n";

  it("refusal tables list a rule that is the same for every call once, and others per call", () => {
    const create = { LIMIT: rule("merchant", "nothing"), WRONG: rule("request", "subject") };
    const refund = { LIMIT: rule("merchant", "nothing"), WRONG: rule("request", "nothing") };
    const rows = withTables(place, { create, refund }).match(/^\| `.*$/gm);
    expect(rows).toEqual([
      "| `LIMIT` | merchant | not final: nothing was created, the same request may succeed later |",
      "| `WRONG` | request | final: the order or refund has failed |",
      "| `WRONG` | request | not final: nothing was created, the same request may succeed later |",
    ]);
  });

  it("refusal tables replace only the text between their two marker comments", () => {
    const written = withTables(place, { create: { DOWN: rule("provider", "nothing") } });
    expect(written.startsWith("a\n<!-- refusals: npm run refusal-tables -->\n")).toBe(true);
    expect(written.endsWith("<!-- /refusals -->\nb\n")).toBe(true);
    expect(written).not.toContain("old");
    expect(withTables(written, { create: { DOWN: rule("provider", "nothing") } })).toBe(written);
  });

  it("the generator says which markers to add if a README has none", () => {
    expect(() => withTables("a", {})).toThrow("<!-- /refusals -->");
  });

  it("the generator says what to write if a provider has no refusals.ts", async () => {
    await expect(refusalsOf("nobody")).rejects.toThrow(
      /nobody\/refusals\.ts is missing: write "export const refusals/,
    );
  });
});
