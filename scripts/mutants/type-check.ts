import { spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { text } from "node:stream/consumers";
import type { Mutant } from "./mutant.ts";

/**
 * The first compiler error of each mutant that does not compile: a test that fails because of it proves nothing about
 * the mutation. All mutants are checked in one run of the compiler, each as a file beside the one that it changes.
 */
export async function typeFaults(folder: string, mutants: readonly Mutant[], signal: AbortSignal) {
  const beside = new Map<string, Mutant>();
  for (const [index, mutant] of mutants.entries()) {
    const file = mutant.file.replace(/\.ts$/, `.mutant-${index}.ts`);
    writeFileSync(path.join(folder, file), mutant.mutated);
    beside.set(file, mutant);
  }
  const program = path.join(folder, "node_modules/typescript/bin/tsc");
  // The removed code may have been the only use of a variable.
  const args = [program, "--noEmit", "--noUnusedLocals", "false", "--noUnusedParameters", "false"];
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"], signal });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  for (const file of beside.keys()) rmSync(path.join(folder, file));
  const faults = new Map<Mutant, string>();
  for (const [, file = "", fault = ""] of output.matchAll(/^([^\s(]+)\(\d+,\d+\): error (.*)$/gm)) {
    const mutant = beside.get(file);
    if (mutant && !faults.has(mutant)) faults.set(mutant, `does not compile: ${fault}`);
  }
  return faults;
}
