import type { StoredConfig } from "../domain/config.ts";
import { GatewayError } from "../errors.ts";

/** The second is how a Chinese merchant's row is named that is inserted by hand; the README documents both. */
const usualNames = new Set(["default", "默认配置"]);

/** The active config of that name; without a name the only active one, else the one with a usual name. */
export function chosen(list: StoredConfig[], provider: string, name: string | undefined): StoredConfig {
  const active = list.filter(({ state }) => state === "active");
  const names = active.map((config) => `"${config.name}"`).join(", ");
  if (name !== undefined) {
    const named = active.find((config) => config.name === name);
    if (named) return named;
    throw new GatewayError(
      "config_not_found",
      `no active ${provider} config is named "${name}"${names && `; there is ${names}`}`,
    );
  }
  const usual = active.length === 1 ? active[0] : active.find((config) => usualNames.has(config.name));
  if (usual) return usual;
  if (active.length === 0)
    throw new GatewayError("config_not_found", `no active ${provider} config: set one up first`);
  throw new GatewayError(
    "config_not_found",
    `several ${provider} configs are active: name one of ${names} as \`config\``,
  );
}
