import type { Clock } from "../clock.ts";
import { GatewayError, wordsOf } from "../errors.ts";
import { log, nameOf } from "../log.ts";
import type { StoredConfig } from "../payment/config-ports.ts";
import { providers } from "./registry.ts";

export interface CredentialVault {
  /** Returns the text that was sealed for exactly this context. */
  open(sealed: string, context: Record<string, string>): Promise<string>;
}

export type OpeningDependencies = {
  clock: Clock;
  /** Local stage only: replaces official hosts by simulators on loopback. */
  baseUrls: Record<string, string>;
  webhookUrl?: string;
  account?: string | undefined;
};

/** Which sealed text is whose: a config moved to another merchant, row or provider does not open. */
export function credentialContext(
  config: Pick<StoredConfig, "id" | "userId" | "provider">,
): Record<string, string> {
  return { user: config.userId, config: config.id, provider: config.provider, field: "config_data" };
}

/** A provider opened with credentials that need not be stored or complete; `missing` names what it cannot do without. */
export async function openProvider(
  { provider, name, given }: { provider: string; name: string; given: unknown },
  dependencies: OpeningDependencies,
) {
  const { module, credentials } = await checkCredentials(provider, name, given);
  const { clock, baseUrls, webhookUrl, account } = dependencies;
  const adapter = module.open(credentials, { clock, baseUrl: baseUrls[provider], webhookUrl, account });
  return { module, credentials, adapter, missing: module.missing?.(credentials) ?? [] };
}

/** Credentials that have the provider's form and whose keys parse; the error names what does not, never its value. */
async function checkCredentials(provider: string, name: string, given: unknown) {
  const entry = providers[provider];
  if (!entry) throw new GatewayError("provider_not_found", `unknown provider "${provider}"`);
  const module = await entry.load();
  const parsed = module.credentials.safeParse(given);
  if (parsed.success) return { module, credentials: parsed.data };
  throw new GatewayError(
    "config_not_found",
    `the ${provider} config "${name}" is incomplete or wrong: ${wordsOf(parsed.error.issues)}`,
  );
}

/** Whether its credentials are sealed, rather than plain JSON that somebody wrote by hand. */
export function isSealed({ data }: Pick<StoredConfig, "data">): boolean {
  try {
    const stored: unknown = JSON.parse(data);
    return typeof stored === "object" && stored !== null && "sealed" in stored;
  } catch {
    return false;
  }
}

/**
 * What a stored config holds. Throws `config_not_found` when it does not open: it was moved or changed, or sealed under a
 * key that is gone. A key service that is away says so itself.
 */
export async function credentialsOf(config: StoredConfig, vault: CredentialVault): Promise<unknown> {
  const { id, userId, provider, name } = config;
  try {
    const stored: unknown = JSON.parse(config.data);
    if (isSealed(config)) return JSON.parse(await vault.open(config.data, credentialContext(config)));
    log.warn("config stored unsealed; the sweeper will seal it", { config_id: id, provider });
    return stored;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    log.alarm("config does not open", { config_id: id, merchant: userId, provider, ...nameOf(error) });
    const words = `the ${provider} config "${name}" cannot be read: its operator must set it again`;
    throw new GatewayError("config_not_found", words);
  }
}
