import * as z from "zod";
import { GatewayError } from "../errors.ts";
import { whyNotJson, withoutByteOrderMark } from "../json-text.ts";
import type { Gateway } from "../open-gateway.ts";
import type { StoredConfig } from "../payment/ports.ts";
import type { Provider } from "../payment/provider.ts";
import { webhookUrl } from "../payment/public-urls.ts";
import { credentialContext } from "../providers/credentials.ts";
import { isProvider, providers } from "../providers/registry.ts";
import { isDuplicate } from "../storage/database.ts";
import { findMerchant } from "./find-merchant.ts";
import { rewrap, type ShelfName, shelfNames } from "./rewrap.ts";
import { merchantName, verb } from "./verb.ts";

const provider = z.string().refine(isProvider, `one of ${Object.keys(providers).join(", ")}`);
const configName = z.string().min(1).max(64).default("default");
const configId = z.string().regex(/^[0-9]{1,20}$/, "the config's id, see config list");
const bookmark = z
  .string()
  .regex(new RegExp(`^(${shelfNames.join("|")}):[0-9]{1,20}$`), "the last answer's next")
  .transform((text) => {
    const [shelf, after] = text.split(":") as [ShelfName, string];
    return { shelf, after };
  })
  .describe("where the last call stopped: its next");

export const configVerbs = {
  "config set": verb(
    "check a provider's credentials, register our webhook where it can be, seal; a config of that name is replaced",
    z.strictObject({
      merchant: merchantName,
      provider,
      name: configName,
      data: z.string().describe("the credentials as JSON, see the provider's README"),
      skip_probe: z.literal("yes").optional().describe("store them though the provider does not answer now"),
    }),
    async (gateway, { merchant, provider, name, data, skip_probe }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const given = parse(data);
      const { adapter, missing } = await gateway.openProvider(provider, name, given);
      if (!skip_probe) await assertWorking(adapter, provider);
      const config = await findOrCreate(gateway, { userId, provider, name });
      const register =
        missing.length > 0 ? adapter.register?.(webhookUrl(gateway.publicUrl, config)) : undefined;
      const credentials = { ...given, ...(await register) };
      const sealed = await gateway.vault.seal(JSON.stringify(credentials), credentialContext(config));
      if (!(await gateway.configRows.saveCredentials(config, sealed, true, gateway.clock.now()))) {
        throw new GatewayError("conflict", "the config was changed at the same time: try again");
      }
      return { config_id: config.id, provider, name, webhook_url: webhookUrl(gateway.publicUrl, config) };
    },
  ),
  "config list": verb(
    "list a merchant's configs",
    z.strictObject({ merchant: merchantName }),
    async (gateway, { merchant }) => {
      const { userId } = await findMerchant(gateway, merchant);
      return (await gateway.configRows.listAll(userId)).map((config) => ({
        config_id: config.id,
        provider: config.provider,
        name: config.name,
        active: config.active,
        version: config.version,
        account: config.account,
        webhook_url: webhookUrl(gateway.publicUrl, config),
      }));
    },
  ),
  "config check": verb(
    "prove a config end to end and say what is wrong",
    z.strictObject({ merchant: merchantName, config_id: configId }),
    async (gateway, { merchant, config_id }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const config = (await gateway.configRows.listAll(userId)).find(({ id }) => id === config_id);
      if (!config)
        throw new GatewayError("not_found", `this merchant has no config ${config_id}: see config list`);
      const { provider, name, active } = config;
      const { adapter, missing } = await gateway.openProvider(
        provider,
        name,
        await gateway.credentialsOf(config),
      );
      const words = (await adapter.probe?.()) ?? null;
      const account = words === null ? await adapter.account() : null;
      const verdict = words ?? (missing.length > 0 ? `incomplete: lacks ${missing.join(", ")}` : "works");
      return {
        config_id,
        provider,
        name,
        active,
        verdict,
        account,
        webhook_url: webhookUrl(gateway.publicUrl, config),
      };
    },
  ),
  "config rewrap": verb(
    "seal everything anew under the newest key (credentials, signing secrets, kept webhooks), at any time and again",
    z.strictObject({ from: bookmark.optional() }),
    async (gateway, { from = { shelf: shelfNames[0], after: "0" } }) => {
      const { next, ...done } = await rewrap(gateway, from);
      return { ...done, next: next && `${next.shelf}:${next.after}` };
    },
  ),
  "config disable": verb(
    "let a config make no more payments; the existing ones go on",
    z.strictObject({ merchant: merchantName, config_id: configId }),
    (gateway, { merchant, config_id }) => setActive(gateway, merchant, config_id, false),
  ),
  "config enable": verb(
    "undo config disable",
    z.strictObject({ merchant: merchantName, config_id: configId }),
    (gateway, { merchant, config_id }) => setActive(gateway, merchant, config_id, true),
  ),
};

async function setActive(gateway: Gateway, merchant: string, id: string, active: boolean) {
  const { userId } = await findMerchant(gateway, merchant);
  const found = await gateway.configRows.setActive(userId, id, active, gateway.clock.now());
  if (!found) throw new GatewayError("not_found", `this merchant has no config ${id}: see config list`);
  return { config_id: id, active };
}

async function findOrCreate(
  { configRows, clock }: Gateway,
  { userId, provider, name }: { userId: string; provider: string; name: string },
): Promise<StoredConfig> {
  const same = (await configRows.list(userId, provider)).find((config) => config.name === name);
  if (same) return same;
  const id = await configRows.create(userId, provider, name, clock.now()).catch((error: unknown) => {
    if (!isDuplicate(error, "user_config")) throw error;
    throw new GatewayError("conflict", `a config of this name is being made at the same time: try again`);
  });
  const made = await configRows.byId(id);
  if (!made) throw new GatewayError("unavailable", "the config was not stored: try again");
  return made;
}

async function assertWorking(adapter: Provider, provider: string): Promise<void> {
  const words = await adapter.probe?.();
  if (!words) return;
  throw new GatewayError(
    "config_not_found",
    `${provider} did not accept them: ${words} (store anyway: --skip-probe yes)`,
  );
}

function parse(data: string): Record<string, unknown> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(jsonOf(withoutByteOrderMark(data)));
  if (parsed.success) return parsed.data;
  throw new GatewayError("invalid_parameter", "data: must be a JSON object of credentials");
}

function jsonOf(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    // Pasted from an e-mail or a chat; what stands in it is secret.
    throw new GatewayError("invalid_parameter", `data: is not valid JSON: ${whyNotJson(data)}`);
  }
}
