import { expect, it } from "vitest";
import { asTable } from "../../scripts/ops/table.ts";

it("shows a record one field a line, with plain lists in their line and rows below", () => {
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

it("shows rows in columns", () => {
  expect(asTable([{ a: 1, b: ["x", "y"] }, { a: 22 }])).toBe("a   b\n1   x,y\n22  -");
  expect(asTable([])).toBe("none");
});
