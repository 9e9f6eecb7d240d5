import type { StoredConfig } from "../domain/config.ts";
import type { Gateway } from "../gateway.ts";
import { log } from "../log.ts";
import { credentialContext } from "../providers/credentials.ts";
import { saveReencrypted, unencryptedConfigs } from "../storage/payment-configs.ts";

const pageSize = 50;
/** More rows are left to the next sweep. */
const mostPages = 10;

/**
 * Encrypts credentials that somebody wrote as plain JSON, unless the row has changed since it was read. Credentials
 * that were written over a config of another account stay plain: encrypted, they would be taken for that account's.
 */
export async function encryptConfigs(gateway: Gateway): Promise<number> {
  let encrypted = 0;
  let after = "0";
  for (let page = 0; page < mostPages; page++) {
    const plain = await unencryptedConfigs(gateway.db, after, pageSize);
    for (const config of plain) if (await encryptOne(gateway, config)) encrypted += 1;
    if (plain.length < pageSize) break;
    after = plain.at(-1)!.id;
  }
  return encrypted;
}

async function encryptOne({ db, clock, configs, vault }: Gateway, config: StoredConfig): Promise<boolean> {
  if (!(await configs.mayBeEncrypted(config))) return false;
  const encrypted = await vault.encrypt(config.data, credentialContext(config));
  if (!(await saveReencrypted(db, config, encrypted, clock.now()))) return false;
  log.info("config encrypted", { config_id: config.id, merchant: config.userId, provider: config.provider });
  return true;
}
