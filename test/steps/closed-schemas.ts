import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { openApiDocument } from "../../lib/http/openapi/document.ts";

type Schema = Record<string, unknown>;

/** Returns what is wrong with a value, or `null` if it is valid. */
export type Judge = (value: unknown) => string | null;

/** Only used inside `allOf` of another schema, which is closed as a whole. */
const envelopes = new Set(["Success", "Failure"]);

/**
 * The schemas of an API reference, compiled when first used and closed: the reference tells clients to accept unknown
 * fields, but here a field that it does not list is an error.
 */
export function closedSchemas({ components }: ReturnType<typeof openApiDocument>) {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true });
  addFormats.default(ajv);
  const named = Object.entries(components.schemas).map(([name, schema]) => [
    name,
    envelopes.has(name) ? { ...schema, properties: closed(schema.properties) } : closed(schema),
  ]);
  ajv.addSchema(absolute({ $id: "reference", $defs: Object.fromEntries(named) }));
  const compiled = new Map<unknown, ValidateFunction>();

  return (schema: object): Judge => {
    const validate = compiled.get(schema) ?? ajv.compile(absolute(closed(schema)) as Schema);
    compiled.set(schema, validate);
    return (value) => (validate(value) ? null : ajv.errorsText(validate.errors, { dataVar: "" }));
  };
}

/** Makes references to components absolute, so that they resolve from every schema. */
function absolute<Value>(value: Value): Value {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/components/schemas/', '"reference#/$defs/'));
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const schema = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, closed(part)]));
  if ("allOf" in value)
    return { ...schema, allOf: parts(value.allOf), type: "object", unevaluatedProperties: false };
  const isOpenObject = "properties" in value && "type" in value && !("additionalProperties" in value);
  return isOpenObject ? { ...schema, additionalProperties: false } : schema;
}

/** The parts of an `allOf` stay open: a closed part would refuse the fields of the other parts. */
function parts(allOf: unknown): unknown {
  return (allOf as Schema[]).map((part) =>
    "properties" in part ? { ...part, properties: closed(part.properties) } : part,
  );
}
