import { asTable } from "../ops/table.ts";
import type { Proof } from "./prove-mutants.ts";

/** For people and for the shell: who killed what, then whatever no test has killed, for which the code is 1. */
export function reportOf(proofs: readonly Proof[]): { text: string; code: 0 | 1 } {
  const rows = proofs.map(({ mutant: { name, file }, outcome, by, seconds }) => {
    const how = outcome === "killed" ? by.file : outcome;
    return { mutant: name, file, "killed by": how, test: by.test.split("\n")[0], seconds };
  });
  const missed = proofs.filter(({ outcome }) => outcome !== "killed");
  const lines = missed.map(
    ({ mutant, outcome, by }) => `${outcome}: ${mutant.name}: ${by.test.split("\n")[0]}`,
  );
  const count = `${proofs.length - missed.length} of ${proofs.length} mutants killed`;
  return { text: [asTable(rows), "", count, ...lines].join("\n"), code: missed.length > 0 ? 1 : 0 };
}
