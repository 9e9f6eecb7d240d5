import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { stateDiagram, withDiagrams } from "../../../scripts/status-graph/diagrams.ts";

describe("status diagrams", () => {
  it.each(["README.md", "README.zh-CN.md"])(
    "the diagrams in %s match the status tables (to update: npm run status-graph)",
    (name) => {
      const readme = readFileSync(path.join(import.meta.dirname, "../../..", name), "utf8");
      expect(readme).toBe(withDiagrams(readme));
    },
  );

  it("a status diagram has every edge and marks those out of a final status as late", () => {
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

  it("a status diagram replaces the text between its markers and needs such markers", () => {
    const text = "a\n<!-- status-graph: x -->\nold\n<!-- /status-graph -->\nb\n";
    const drawn = "a\n<!-- status-graph: x -->\n```mermaid\nnew\n```\n<!-- /status-graph -->\nb\n";
    expect(withDiagrams(text, { x: "new" })).toBe(drawn);
    expect(withDiagrams(drawn, { x: "new" })).toBe(drawn);
    expect(() => withDiagrams(text, { y: "new" })).toThrow("no place");
  });
});
