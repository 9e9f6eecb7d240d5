import { globSync } from "node:fs";
import path from "node:path";
import type { Mutation } from "./mutant.ts";

const files = globSync("mutations/*.ts", { cwd: import.meta.dirname }).sort();
const lists = files.map(async (file) => {
  const module = (await import(`./mutations/${path.basename(file, ".ts")}.ts`)) as Record<string, Mutation[]>;
  return Object.values(module).flat();
});

/** Every mutation that a test must kill: the lists that the files of `mutations/` export. */
export const mutations: Mutation[] = (await Promise.all(lists)).flat();
