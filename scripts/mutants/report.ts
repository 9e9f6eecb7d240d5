import { asTable } from "../ops/table.ts";
import type { Proof } from "./prove-mutants.ts";

/** The report's text and exit code: which test killed each mutation, then those not killed. Any of these: code 1. */
export function reportOf(proofs: readonly Proof[]): { text: string; code: 0 | 1 } {
  const rows = proofs.map(({ mutation, file, outcome, by, seconds }) => {
    const how = outcome === "killed" ? by.file : outcome;
    return { mutation: mutation.name, file, "killed by": how, test: by.test.split("\n")[0], seconds };
  });
  const others = proofs.filter(({ outcome }) => outcome !== "killed");
  const lines = others.map(
    ({ mutation, outcome, by }) => `${outcome}: ${mutation.name}: ${by.test.split("\n")[0]}`,
  );
  const count = `${proofs.length - others.length} of ${proofs.length} mutations killed`;
  return { text: [asTable(rows), "", count, ...lines].join("\n"), code: others.length > 0 ? 1 : 0 };
}
