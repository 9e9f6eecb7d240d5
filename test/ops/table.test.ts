import { expect, it } from "vitest";
import { asTable } from "../../scripts/ops/table.ts";

it("a record is printed one field per line, with plain lists inline and lists of rows as tables below", () => {
  const shown = asTable({
    key_id: "k1",
    scopes: ["create", "query"],
    expires_at: null,
    keys: [{ id: 1, tags: ["a"] }],
  });
  expect(shown.split("\n")).toEqual([
    "key_id      k1",
    "scopes      create,query",
    "expires_at  -",
    "",
    "keys",
    "id  tags",
    "1   a",
  ]);
});

it("rows are printed in columns, and an empty list as none", () => {
  expect(asTable([{ a: 1, b: ["x", "y"] }, { a: 22 }])).toBe("a   b\n1   x,y\n22  -");
  expect(asTable([])).toBe("none");
});
