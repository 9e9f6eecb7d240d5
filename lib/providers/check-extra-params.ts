import { GatewayError } from "../errors.ts";
import { fieldErrors } from "../field-errors.ts";
import { providers } from "./registry.ts";

/** Checks `extra_params` against the scene's strict schema. Throws `invalid_parameter`, naming each wrong field. */
export function checkExtraParams(
  provider: string,
  scene: string,
  extraParams: Record<string, unknown>,
): Record<string, unknown> {
  const schema = providers[provider]?.scenes[scene]?.extraParams;
  if (!schema)
    throw new GatewayError("invalid_parameter", `no such scene: ${scene}`, {
      fields: [{ field: "scene", message: "unknown" }],
    });
  const parsed = schema.safeParse(extraParams);
  if (parsed.success) return parsed.data;
  const fields = fieldErrors(parsed.error.issues, { within: ["extra_params"] });
  const [first] = fields;
  throw new GatewayError("invalid_parameter", `${first?.field}: ${first?.message}`, { fields });
}
