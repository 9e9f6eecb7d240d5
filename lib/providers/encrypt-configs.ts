import type { Clock } from "../clock.ts";
import { log } from "../log.ts";
import type { StoredConfig } from "../payments/config-ports.ts";
import { credentialContext } from "./credentials.ts";

export type EncryptConfigsGateway = {
  clock: Clock;
  configRows: {
    unencrypted(after: string, limit: number): Promise<StoredConfig[]>;
    reencryptRow(config: StoredConfig, encrypted: string, now: Date): Promise<boolean>;
  };
  configs: { mayBeEncrypted(config: StoredConfig): Promise<boolean> };
  vault: { encrypt(text: string, context: Record<string, string>): Promise<string> };
};

const pageSize = 50;
/** More rows are left to the next sweep. */
const mostPages = 10;

/**
 * Encrypts credentials that somebody wrote as plain JSON, unless the row has changed since it was read. Credentials
 * that were written over a config of another account stay plain: encrypted, they would be taken for that account's.
 */
export async function encryptConfigs(gateway: EncryptConfigsGateway): Promise<number> {
  let encrypted = 0;
  let after = "0";
  for (let page = 0; page < mostPages; page++) {
    const plain = await gateway.configRows.unencrypted(after, pageSize);
    for (const config of plain) if (await encryptOne(gateway, config)) encrypted += 1;
    if (plain.length < pageSize) break;
    after = plain.at(-1)!.id;
  }
  return encrypted;
}

async function encryptOne(
  { clock, configRows, configs, vault }: EncryptConfigsGateway,
  config: StoredConfig,
): Promise<boolean> {
  if (!(await configs.mayBeEncrypted(config))) return false;
  const encrypted = await vault.encrypt(config.data, credentialContext(config));
  if (!(await configRows.reencryptRow(config, encrypted, clock.now()))) return false;
  log.info("config encrypted", { config_id: config.id, merchant: config.userId, provider: config.provider });
  return true;
}
