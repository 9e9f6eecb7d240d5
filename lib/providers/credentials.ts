import type { Clock } from "../clock.ts";
import type { StoredConfig } from "../domain/config.ts";
import { GatewayError } from "../errors.ts";
import { formatIssues } from "../field-errors.ts";
import { log, nameOf } from "../log.ts";
import { providers } from "./registry.ts";

interface CredentialVault {
  /** Decrypts a text that was encrypted for exactly this context. */
  open(encrypted: string, context: Record<string, string>): Promise<string>;
}

export type OpeningDependencies = {
  clock: Clock;
  /** Local stage only: replaces official hosts by simulators on loopback. */
  baseUrls: Record<string, string>;
  webhookUrl?: string;
  account?: string | undefined;
};

/** Encryption context of a config: credentials that are moved to another merchant, row or provider do not decrypt. */
export function credentialContext(
  config: Pick<StoredConfig, "id" | "userId" | "provider">,
): Record<string, string> {
  return { user: config.userId, config: config.id, provider: config.provider, field: "config_data" };
}

/**
 * Opens a provider with credentials that need not be stored or complete; `missing` names the fields they still need.
 */
export async function openProvider(
  { provider, name, input }: { provider: string; name: string; input: unknown },
  dependencies: OpeningDependencies,
) {
  const { module, credentials } = await checkCredentials(provider, name, input);
  const { clock, baseUrls, webhookUrl, account } = dependencies;
  const adapter = module.open(credentials, { clock, baseUrl: baseUrls[provider], webhookUrl, account });
  return { module, credentials, adapter, missing: module.missing?.(credentials) ?? [] };
}

/**
 * Parses credentials with the provider's schema, keys included. The error names the wrong fields, never their values.
 */
async function checkCredentials(provider: string, name: string, input: unknown) {
  const entry = providers[provider];
  if (!entry) throw new GatewayError("provider_not_found", `unknown provider "${provider}"`);
  const module = await entry.load();
  const parsed = module.credentials.safeParse(input);
  if (parsed.success) return { module, credentials: parsed.data };
  throw new GatewayError(
    "config_not_found",
    `the ${provider} config "${name}" is incomplete or wrong: ${formatIssues(parsed.error.issues)}`,
  );
}

/** Whether the credentials are encrypted, rather than plain JSON that somebody wrote by hand. */
export function isEncrypted({ data }: Pick<StoredConfig, "data">): boolean {
  try {
    const stored: unknown = JSON.parse(data);
    return typeof stored === "object" && stored !== null && "encrypted" in stored;
  } catch {
    return false;
  }
}

/**
 * The decrypted credentials of a stored config. Throws `config_not_found` when they cannot be decrypted: the config was
 * moved or changed, or its key is gone. When the key service is unavailable, its own error is passed on.
 */
export async function credentialsOf(config: StoredConfig, vault: CredentialVault): Promise<unknown> {
  const { id, userId, provider, name } = config;
  try {
    const stored: unknown = JSON.parse(config.data);
    if (isEncrypted(config)) return JSON.parse(await vault.open(config.data, credentialContext(config)));
    log.warn("config stored unencrypted; the sweeper will encrypt it", { config_id: id, provider });
    return stored;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    log.alarm("config cannot be decrypted", { config_id: id, merchant: userId, provider, ...nameOf(error) });
    const words = `the ${provider} config "${name}" cannot be read: an operator must set it again`;
    throw new GatewayError("config_not_found", words);
  }
}
