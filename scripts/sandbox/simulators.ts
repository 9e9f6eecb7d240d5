import { existsSync, globSync } from "node:fs";
import path from "node:path";
import type { SimulatorModule } from "./kernel/serve-simulator.ts";

/** The simulated providers by name, in the order of their ports: every folder here that has a file of its own name. */
export const simulators: Readonly<Record<string, SimulatorModule>> = await load();

async function load(): Promise<Record<string, SimulatorModule>> {
  const names = globSync("*/", { cwd: import.meta.dirname }).map((folder) => path.basename(folder));
  const existing = names.filter((name) => existsSync(path.join(import.meta.dirname, name, `${name}.ts`)));
  const entries = existing.map(async (name) => {
    const { simulator } = (await import(`./${name}/${name}.ts`)) as { simulator: SimulatorModule };
    return [name, simulator] as const;
  });
  const loaded = await Promise.all(entries);
  return Object.fromEntries(loaded.sort(([, one], [, other]) => one.portOffset - other.portOffset));
}
