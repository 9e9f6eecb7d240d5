import type * as z from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** JSON Schemas made from zod's; one with an `id` stands once, in `named`, and is referred to from everywhere else. */
export function jsonSchemas() {
  const named: Record<string, JsonSchema> = {};
  const made = new Map<z.ZodType, JsonSchema>();

  /** What a caller may send, or reads; answers stay open, so that a further field of theirs breaks no client. */
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

/** Without what only says again, at length, what stands beside it. */
function plainer({ jsonSchema }: { jsonSchema: JsonSchema }): void {
  if (jsonSchema.format === "date-time") delete jsonSchema.pattern;
  if (JSON.stringify(jsonSchema.propertyNames) === '{"type":"string"}') delete jsonSchema.propertyNames;
}
