import type { Clock } from "../clock.ts";
import { log } from "../log.ts";
import type { StoredConfig } from "../payment/ports.ts";
import { credentialContext } from "./credentials.ts";

export type SealConfigsGateway = {
  clock: Clock;
  configRows: {
    unsealed(limit: number): Promise<StoredConfig[]>;
    saveCredentials(config: StoredConfig, sealed: string, changed: boolean, now: Date): Promise<boolean>;
  };
  vault: { seal(text: string, context: Record<string, string>): Promise<string> };
};

const perSweep = 50;

/** Seals credentials that somebody inserted as plain JSON; guarded by the very text that was read. */
export async function sealConfigs({ clock, configRows, vault }: SealConfigsGateway): Promise<number> {
  const plain = await configRows.unsealed(perSweep);
  for (const config of plain) {
    const sealed = await vault.seal(config.data, credentialContext(config));
    if (await configRows.saveCredentials(config, sealed, false, clock.now())) {
      log.info("config sealed", { config_id: config.id, merchant: config.userId, provider: config.provider });
    }
  }
  return plain.length;
}
