import * as z from "zod";
import type { Assembly } from "./assembly.ts";

const clusterSchema = z.looseObject({ DatabaseName: z.string().optional() });

/** Adds the host's own address and the database's name to the given parameters, where a stack declares them. */
export function withDefaults(
  assembly: Assembly,
  provided: Readonly<Record<string, string>>,
  own: { PublicUrl: string; DatabaseName: string },
): Record<string, string> {
  const declared = Object.entries(own).filter(([name]) => declares(assembly, name));
  return { ...Object.fromEntries(declared), ...provided };
}

/** Throws when the template names another database than the URL. */
export function refuseOtherDatabase(assembly: Assembly, name: string): void {
  if (declares(assembly, "DatabaseName")) return;
  for (const { properties } of assembly.ofType("AWS::RDS::DBCluster")) {
    const { DatabaseName: input } = clusterSchema.parse(properties);
    if (input !== undefined && input !== name) {
      throw new Error(`DATABASE_URL names the database "${name}", but the template needs "${input}"`);
    }
  }
}

function declares(assembly: Assembly, parameter: string): boolean {
  return assembly.stacks.some(({ template }) => template.Parameters[parameter] !== undefined);
}
