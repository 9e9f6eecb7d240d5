import * as z from "zod";
import type { Resource } from "./assembly.ts";
import type { Resolve } from "./resolve.ts";

/** Resolves the properties that the schema names; others (roles, networks, logs …) have no value on this machine. */
export function readProperties<Schema extends z.ZodObject>(
  { stack, logicalId, type, properties }: Resource,
  schema: Schema,
  resolve: Resolve,
): z.output<Schema> {
  const described = Object.entries(properties).filter(([name]) => Object.hasOwn(schema.shape, name));
  const resolved = Object.fromEntries(described.map(([name, value]) => [name, resolve(value, stack)]));
  const parsed = schema.safeParse(resolved);
  if (parsed.success) return parsed.data;
  throw new Error(`${stack.name}/${logicalId} (${type}): ${z.prettifyError(parsed.error)}`);
}
