import * as z from "zod";
import type { StoredConfig } from "../domain/config.ts";
import { webhookUrl } from "../domain/public-urls.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { text } from "../http/fields.ts";
import { whyNotJson, withoutByteOrderMark } from "../json-text.ts";
import { credentialsOf, openProvider } from "../providers/credentials.ts";
import { isProvider, providers } from "../providers/registry.ts";
import { listAllConfigs, setConfigActive } from "../storage/payment-configs.ts";
import { command, merchantName } from "./command.ts";
import { requireMerchant } from "./find-merchant.ts";
import { columnNames, type EncryptedColumnName, reencrypt } from "./reencrypt.ts";
import { retire } from "./retire-config.ts";
import { isUnfinished, setConfig } from "./set-config.ts";

const provider = z.string().refine(isProvider, `one of ${Object.keys(providers).join(", ")}`);
const configName = z.string().min(1).max(64).default("default");
const configId = z.string().regex(/^[0-9]{1,20}$/, "a config id: see config list");
const cursor = z
  .string()
  .regex(new RegExp(`^(${columnNames.join("|")}):[0-9]{1,20}$`), "use `next` of the previous result")
  .transform((text) => {
    const [column, after] = text.split(":") as [EncryptedColumnName, string];
    return { column, after };
  })
  .describe("where the previous run stopped: its `next`");

export const configCommands = {
  "config set": command(
    "check and store credentials, register our webhook where possible; another account replaces the config",
    z.strictObject({
      merchant: merchantName,
      provider,
      name: configName,
      data: z.string().describe("the credentials as JSON, see the provider's README"),
      skip_probe: z.literal("yes").optional().describe("store them even if the provider does not answer now"),
      new_webhook: z
        .literal("yes")
        .optional()
        .describe(
          "register a new webhook endpoint; events signed with the old secret are accepted for 3 days",
        ),
    }),
    async (gateway, { merchant, provider, name, data, skip_probe, new_webhook }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      const credentials = parse(data);
      const how = { skipProbe: skip_probe === "yes", newWebhook: new_webhook === "yes" };
      return setConfig(gateway, { userId, provider, name, input: credentials, ...how });
    },
  ),
  "config list": command(
    "list a merchant's configs",
    z.strictObject({ merchant: merchantName }),
    async (gateway, { merchant }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      return (await listAllConfigs(gateway.db, userId)).map((config) => ({
        config_id: config.id,
        provider: config.provider,
        name: config.name,
        state: isUnfinished(config) ? "unfinished" : config.state,
        version: config.version,
        account: config.account,
        mode: config.livemode === null ? null : config.livemode ? "live" : "test",
        webhook_url: webhookUrl(gateway.publicUrl, config),
      }));
    },
  ),
  "config check": command(
    "test a config against the provider and report what is wrong",
    z.strictObject({ merchant: merchantName, config_id: configId }),
    async (gateway, { merchant, config_id }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      const config = await requireConfig(gateway, userId, config_id);
      const { provider, name, state } = config;
      if (state === "retired")
        throw new GatewayError(
          "conflict",
          `config ${config_id} is retired and has no credentials: use config set`,
        );
      const { adapter, missing } = await openProvider(
        { provider, name, input: await credentialsOf(config, gateway.vault) },
        gateway,
      );
      const words = (await adapter.probe?.()) ?? null;
      const account = words === null ? await adapter.account() : null;
      const isOther = account !== null && config.account !== null && account !== config.account;
      const verdict =
        words ??
        (isOther
          ? `the credentials belong to ${account}, but the config's account is ${config.account}: use config set`
          : missing.length > 0
            ? `incomplete: lacks ${missing.join(", ")}`
            : "works");
      return {
        config_id,
        provider,
        name,
        state,
        verdict,
        account,
        webhook_url: webhookUrl(gateway.publicUrl, config),
      };
    },
  ),
  "config rewrap": command(
    "re-encrypt credentials, signing secrets and stored webhooks under the newest key; safe to repeat at any time",
    z.strictObject({ from: cursor.optional() }),
    async (gateway, { from = { column: columnNames[0], after: "0" } }) => {
      const { next, ...done } = await reencrypt(gateway, from);
      return { ...done, next: next && `${next.column}:${next.after}` };
    },
  ),
  "config disable": command(
    "stop creating payments with a config; existing payments continue",
    z.strictObject({ merchant: merchantName, config_id: configId }),
    (gateway, { merchant, config_id }) => setActive(gateway, merchant, config_id, false),
  ),
  "config enable": command(
    "undo config disable",
    z.strictObject({ merchant: merchantName, config_id: configId }),
    (gateway, { merchant, config_id }) => setActive(gateway, merchant, config_id, true),
  ),
  "config retire": command(
    "retire a replaced or disabled config for good: delete its credentials and stop all calls to its account",
    z.strictObject({
      merchant: merchantName,
      config_id: configId,
      force: z
        .literal("yes")
        .optional()
        .describe("retire it even if orders or refunds are not final, or payments are younger than 400 days"),
      note: text.trim().min(1, "say why").max(500, "at most 500 characters").optional(),
    }),
    async (gateway, { merchant, config_id, force, note = null }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      const config = await requireConfig(gateway, userId, config_id);
      return retire(gateway, config, { force: force === "yes", note });
    },
  ),
};

async function requireConfig(gateway: Gateway, userId: string, id: string): Promise<StoredConfig> {
  const found = (await listAllConfigs(gateway.db, userId)).find((config) => config.id === id);
  if (found) return found;
  throw new GatewayError("not_found", `this merchant has no config ${id}: see config list`);
}

async function setActive(gateway: Gateway, merchant: string, id: string, active: boolean) {
  const { userId } = await requireMerchant(gateway, merchant);
  if (await setConfigActive(gateway.db, { userId, id }, active, gateway.clock.now()))
    return { config_id: id, state: active ? "active" : "disabled" };
  const { state } = await requireConfig(gateway, userId, id);
  throw new GatewayError(
    "conflict",
    `config ${id} is ${state}: to use its account again, run config set with its credentials`,
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
    // The text may be pasted from an e-mail or a chat and holds secrets, so the message never repeats it.
    throw new GatewayError("invalid_parameter", `data: is not valid JSON: ${whyNotJson(data)}`);
  }
}
