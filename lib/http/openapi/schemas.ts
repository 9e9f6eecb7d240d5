import type * as z from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Converts zod schemas to JSON Schema. A schema with an `id` is put into `named` once and referenced with `$ref`. */
export function jsonSchemas() {
  const named: Record<string, JsonSchema> = {};
  const made = new Map<z.ZodType, JsonSchema>();

  /** Input side of a schema. Answer schemas stay open, so that new fields do not break generated clients. */
  function of(schema: z.ZodType): JsonSchema {
    const before = made.get(schema);
    if (before) return before;
    const text = JSON.stringify(schema.toJSONSchema({ io: "input", override: plainer }));
    const { $schema, $defs, ...json }: JsonSchema = JSON.parse(
      text.replaceAll('"#/$defs/', '"#/components/schemas/'),
    );
    Object.assign(named, $defs);
    made.set(schema, json);
    return json;
  }

  return { named, of };
}

export type JsonSchemas = ReturnType<typeof jsonSchemas>;

/** Removes keywords that only repeat others: the pattern of a date-time, property names that are any string. */
function plainer({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (JSON.stringify(jsonSchema.propertyNames) === '{"type":"string"}') delete jsonSchema.propertyNames;
}
