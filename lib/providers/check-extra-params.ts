import { GatewayError } from "../errors.ts";
import type { ProviderModule } from "./provider-module.ts";

/** Checks `extra_params` against the scene's strict schema. Throws `invalid_parameter`, naming each wrong field. */
export function checkExtraParams(
  module: ProviderModule,
  scene: string,
  extraParams: Record<string, unknown>,
): Record<string, unknown> {
  const schema = module.extraParams[scene];
  if (!schema)
    throw new GatewayError("invalid_parameter", `no such scene: ${scene}`, {
      fields: [{ field: "scene", message: "unknown" }],
    });
  const parsed = schema.safeParse(extraParams);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          field: ["extra_params", ...issue.path, key].join("."),
          message: "unknown field",
        }))
      : [{ field: ["extra_params", ...issue.path].join("."), message: issue.message }],
  );
  throw new GatewayError("invalid_parameter", `extra_params: ${fields[0]?.field} ${fields[0]?.message}`, {
    fields,
  });
}
