import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { RefusalRule } from "../../lib/payment/refusal.ts";
import { providers } from "../../lib/providers/registry.ts";
import { providerNames, readmeOf, refusalsOf, withTables } from "../../scripts/refusal-tables/tables.ts";

describe.each(Object.keys(providers))("the refusals of %s", (provider) => {
  it("stand in the provider's README as the code has them: npm run refusal-tables", async () => {
    const readme = readFileSync(readmeOf(provider), "utf8");
    expect(readme).toBe(withTables(readme, await refusalsOf(provider)));
  });

  it("are a table for each call, every code with a source", async () => {
    const tables = Object.entries(await refusalsOf(provider));
    expect(tables.length).toBeGreaterThan(0);
    for (const [call, table] of tables) {
      expect(Object.keys(table), call).not.toEqual([]);
      for (const [code, { source }] of Object.entries(table)) expect(source, `${call} ${code}`).not.toBe("");
    }
  });

  it("leave a refusal that is the provider's fault open: only asking tells what came of it", async () => {
    const rules = Object.values(await refusalsOf(provider)).flatMap((table) => Object.entries(table));
    const ended = rules.filter(([, { fault, ends }]) => fault === "provider" && ends !== "nothing");
    expect(ended).toEqual([]);
  });
});

it("every provider's folder has its refusals in its README", () => {
  expect(providerNames().sort()).toEqual(Object.keys(providers).sort());
});

describe("the tables of refusals", () => {
  const rule = (fault: RefusalRule["fault"], ends: RefusalRule["ends"]) => ({
    fault,
    ends,
    source: "a page",
  });
  const place = "a\n<!-- refusals: npm run refusal-tables -->\nold\n<!-- /refusals -->\nb\n";

  it("show what is the same for every call once, and the rest by call", () => {
    const create = { LIMIT: rule("merchant", "nothing"), WRONG: rule("request", "subject") };
    const refund = { LIMIT: rule("merchant", "nothing"), WRONG: rule("request", "nothing") };
    const rows = withTables(place, { create, refund }).match(/^\| `.*$/gm);
    expect(rows).toEqual([
      "| `LIMIT` | merchant | not final: nothing was made, the same may succeed later |",
      "| `WRONG` | request | final: the order or refund has failed |",
      "| `WRONG` | request | not final: nothing was made, the same may succeed later |",
    ]);
  });

  it("replace what stood between the two comments, and nothing else", () => {
    const written = withTables(place, { create: { DOWN: rule("provider", "nothing") } });
    expect(written.startsWith("a\n<!-- refusals: npm run refusal-tables -->\n")).toBe(true);
    expect(written.endsWith("<!-- /refusals -->\nb\n")).toBe(true);
    expect(written).not.toContain("old");
    expect(withTables(written, { create: { DOWN: rule("provider", "nothing") } })).toBe(written);
  });

  it("say what to write where the README has no place for them", () => {
    expect(() => withTables("a", {})).toThrow("<!-- /refusals -->");
  });

  it("say what to write where a provider has none", async () => {
    await expect(refusalsOf("nobody")).rejects.toThrow(
      /nobody\/refusals\.ts is missing: write "export const refusals/,
    );
  });
});
