import type { OpenConfig } from "../domain/config.ts";
import type { StoredEvent } from "../domain/webhook-event.ts";
import { log, nameOf } from "../log.ts";
import { openOrAlarm, type Vault } from "../vault/vault.ts";

/** Encryption context of a webhook's body. */
export function webhookBodyContext(event: Pick<StoredEvent, "userId" | "configId" | "provider">) {
  return { user: event.userId, config: event.configId, provider: event.provider, field: "webhook_body" };
}

/** `null`: the key service is unavailable; the webhook is still applied, but cannot be replayed. */
export async function encryptBody(vault: Vault, config: OpenConfig, body: Buffer): Promise<string | null> {
  try {
    const { userId, id: configId, provider } = config;
    return await vault.encrypt(body.toString("base64"), webhookBodyContext({ userId, configId, provider }));
  } catch (error) {
    log.warn("webhook body not encrypted", { config_id: config.id, ...nameOf(error) });
    return null;
  }
}

/** `null`: it cannot be decrypted. */
export async function openBody(vault: Vault, event: StoredEvent, encrypted: string): Promise<Buffer | null> {
  const whose = { merchant: event.userId, config_id: event.configId };
  const opened = await openOrAlarm(vault, encrypted, webhookBodyContext(event), whose);
  return opened === null ? null : Buffer.from(opened, "base64");
}
