import type { Clock } from "../clock.ts";
import { log } from "../log.ts";
import type { StoredConfig } from "../payment/config-ports.ts";
import { credentialContext } from "./credentials.ts";

export type SealConfigsGateway = {
  clock: Clock;
  configRows: {
    unsealed(after: string, limit: number): Promise<StoredConfig[]>;
    reseal(config: StoredConfig, sealed: string, now: Date): Promise<boolean>;
  };
  configs: { mayBeSealed(config: StoredConfig): Promise<boolean> };
  vault: { seal(text: string, context: Record<string, string>): Promise<string> };
};

const pageSize = 50;
/** More rows are left to the next sweep. */
const mostPages = 10;

/**
 * Seals credentials that somebody wrote as plain JSON; guarded by the very text that was read. What was written over a
 * config of another account stays as it is: sealed it would pass for that account's.
 */
export async function sealConfigs(gateway: SealConfigsGateway): Promise<number> {
  let sealed = 0;
  let after = "0";
  for (let page = 0; page < mostPages; page++) {
    const plain = await gateway.configRows.unsealed(after, pageSize);
    for (const config of plain) if (await sealOne(gateway, config)) sealed += 1;
    if (plain.length < pageSize) break;
    after = plain.at(-1)!.id;
  }
  return sealed;
}

async function sealOne(
  { clock, configRows, configs, vault }: SealConfigsGateway,
  config: StoredConfig,
): Promise<boolean> {
  if (!(await configs.mayBeSealed(config))) return false;
  const sealed = await vault.seal(config.data, credentialContext(config));
  if (!(await configRows.reseal(config, sealed, clock.now()))) return false;
  log.info("config sealed", { config_id: config.id, merchant: config.userId, provider: config.provider });
  return true;
}
