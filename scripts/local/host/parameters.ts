import * as z from "zod";
import type { Assembly } from "./assembly.ts";

const clusterSchema = z.looseObject({ DatabaseName: z.string().optional() });

/** The given parameters, and what the host knows best where a stack declares it: its own address and the database's name. */
export function withDefaults(
  assembly: Assembly,
  given: Readonly<Record<string, string>>,
  own: { PublicUrl: string; DatabaseName: string },
): Record<string, string> {
  const declared = Object.entries(own).filter(([name]) => declares(assembly, name));
  return { ...Object.fromEntries(declared), ...given };
}

/** Throws when the functions would look for another database than the one in the URL. */
export function refuseOtherDatabase(assembly: Assembly, name: string): void {
  if (declares(assembly, "DatabaseName")) return;
  for (const { properties } of assembly.ofType("AWS::RDS::DBCluster")) {
    const { DatabaseName: wanted } = clusterSchema.parse(properties);
    if (wanted !== undefined && wanted !== name) {
      throw new Error(`DATABASE_URL names the database "${name}", but the template needs "${wanted}"`);
    }
  }
}

function declares(assembly: Assembly, parameter: string): boolean {
  return assembly.stacks.some(({ template }) => template.Parameters[parameter] !== undefined);
}
