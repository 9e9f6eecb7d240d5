import { isFinal, paymentEdges, paymentStatuses } from "../../lib/domain/payment-state.ts";
import { refundEdges } from "../../lib/domain/refund-status.ts";

type Edges = Readonly<Record<string, readonly string[]>>;

/** The status tables as Mermaid state diagrams, by the name in their marker. */
export const diagrams: Readonly<Record<string, string>> = {
  payment: stateDiagram(paymentEdges, paymentStatuses.filter(isFinal)),
  refund: stateDiagram(refundEdges, ["success", "failed"]),
};

/** Starts every diagram at `processing`. Edges out of `ends` need a late, verified event: they are marked `late`. */
export function stateDiagram(edges: Edges, ends: readonly string[]): string {
  const moves = Object.entries(edges).flatMap(([from, targets]) => {
    if (targets.length === 0) return [`  ${from} --> [*]`];
    return targets.map((to) => `  ${from} --> ${to}${ends.includes(from) ? " : late" : ""}`);
  });
  return ["stateDiagram-v2", "  [*] --> processing", ...moves].join("\n");
}

/** `text` with each diagram between its markers, `<!-- status-graph: name -->` and `<!-- /status-graph -->`. */
export function withDiagrams(text: string, drawn: Readonly<Record<string, string>> = diagrams): string {
  return Object.entries(drawn).reduce((before, [name, diagram]) => {
    const opening = `<!-- status-graph: ${name} -->\n`;
    const from = before.indexOf(opening) + opening.length;
    const to = before.indexOf("<!-- /status-graph -->", from);
    if (from < opening.length || to < 0)
      throw new Error(
        `the text has no place for the diagram "${name}": write the lines\n${opening}<!-- /status-graph -->`,
      );
    return `${before.slice(0, from)}\`\`\`mermaid\n${diagram}\n\`\`\`\n${before.slice(to)}`;
  }, text);
}
