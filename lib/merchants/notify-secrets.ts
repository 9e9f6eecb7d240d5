import { openOrAlarm, type Vault } from "../vault/vault.ts";

/** Encryption context of a merchant's notification secrets. */
export function notifySecretContext(userId: string): Record<string, string> {
  return { user: userId, field: "notify_secrets" };
}

/** A merchant's signing secrets; empty if there are none or they cannot be decrypted. */
export async function openNotifySecrets(
  vault: Vault,
  userId: string,
  encrypted: string | null,
): Promise<string[]> {
  if (encrypted === null) return [];
  const opened = await openOrAlarm(vault, encrypted, notifySecretContext(userId), { merchant: userId });
  return opened === null ? [] : JSON.parse(opened);
}
