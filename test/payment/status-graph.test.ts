import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { stateDiagram, withDiagrams } from "../../scripts/status-graph/diagrams.ts";

const readme = readFileSync(path.join(import.meta.dirname, "../../README.md"), "utf8");

describe("the drawings of the statuses", () => {
  it("in README.md are those of the tables: npm run status-graph", () => {
    expect(readme).toBe(withDiagrams(readme));
  });

  it("have every edge, and tell the ways out of an end", () => {
    const edges = { processing: ["success", "failed"], failed: ["success"], success: [] };
    expect(stateDiagram(edges, ["success", "failed"]).split("\n")).toEqual([
      "stateDiagram-v2",
      "  [*] --> processing",
      "  processing --> success",
      "  processing --> failed",
      "  failed --> success : late",
      "  success --> [*]",
    ]);
  });

  it("replace what stands between their markers, and nothing is drawn without a place", () => {
    const text = "a\n<!-- status-graph: x -->\nold\n<!-- /status-graph -->\nb\n";
    const drawn = "a\n<!-- status-graph: x -->\n```mermaid\nnew\n```\n<!-- /status-graph -->\nb\n";
    expect(withDiagrams(text, { x: "new" })).toBe(drawn);
    expect(withDiagrams(drawn, { x: "new" })).toBe(drawn);
    expect(() => withDiagrams(text, { y: "new" })).toThrow("no place");
  });
});
