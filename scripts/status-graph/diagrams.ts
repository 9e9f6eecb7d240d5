import { isFinal, paymentEdges, paymentStatuses } from "../../lib/payment/status.ts";
import { refundEdges } from "../../lib/refund/status.ts";

type Edges = Readonly<Record<string, readonly string[]>>;

/** The tables of statuses as Mermaid state diagrams, by the name of their place in a text. */
export const diagrams: Readonly<Record<string, string>> = {
  payment: stateDiagram(paymentEdges, paymentStatuses.filter(isFinal)),
  refund: stateDiagram(refundEdges, ["success", "failed"]),
};

/** All begin as `processing`. A way out of an end takes a late, verified fact; an end without one is the last. */
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
    if (from < opening.length || to < 0) throw new Error(`no place for the diagram "${name}": ${opening}`);
    return `${before.slice(0, from)}\`\`\`mermaid\n${diagram}\n\`\`\`\n${before.slice(to)}`;
  }, text);
}
