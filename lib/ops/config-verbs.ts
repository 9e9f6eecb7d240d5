import * as z from "zod";
import { GatewayError } from "../errors.ts";
import { text } from "../http/fields.ts";
import { whyNotJson, withoutByteOrderMark } from "../json-text.ts";
import type { Gateway } from "../open-gateway.ts";
import type { StoredConfig } from "../payment/config-ports.ts";
import { webhookUrl } from "../payment/public-urls.ts";
import { isProvider, providers } from "../providers/registry.ts";
import { findMerchant } from "./find-merchant.ts";
import { retire } from "./retire-config.ts";
import { rewrap, type ShelfName, shelfNames } from "./rewrap.ts";
import { isUnfinished, setConfig } from "./set-config.ts";
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
    "check a provider's credentials, register our webhook where it can be, seal; of the same account they are the config's next version, another account replaces it",
    z.strictObject({
      merchant: merchantName,
      provider,
      name: configName,
      data: z.string().describe("the credentials as JSON, see the provider's README"),
      skip_probe: z.literal("yes").optional().describe("store them though the provider does not answer now"),
      new_webhook: z
        .literal("yes")
        .optional()
        .describe("register another webhook endpoint; what the one before signed is accepted for 3 days"),
    }),
    async (gateway, { merchant, provider, name, data, skip_probe, new_webhook }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const given = parse(data);
      const how = { skipProbe: skip_probe === "yes", newWebhook: new_webhook === "yes" };
      return setConfig(gateway, { userId, provider, name, given, ...how });
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
        state: isUnfinished(config) ? "unfinished" : config.state,
        version: config.version,
        account: config.account,
        mode: config.livemode === null ? null : config.livemode ? "live" : "test",
        webhook_url: webhookUrl(gateway.publicUrl, config),
      }));
    },
  ),
  "config check": verb(
    "prove a config end to end and say what is wrong",
    z.strictObject({ merchant: merchantName, config_id: configId }),
    async (gateway, { merchant, config_id }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const config = await findConfig(gateway, userId, config_id);
      const { provider, name, state } = config;
      if (state === "retired")
        throw new GatewayError("conflict", `config ${config_id} is retired: it has no credentials any more`);
      const { adapter, missing } = await gateway.openProvider(
        provider,
        name,
        await gateway.credentialsOf(config),
      );
      const words = (await adapter.probe?.()) ?? null;
      const account = words === null ? await adapter.account() : null;
      const isOther = account !== null && config.account !== null && account !== config.account;
      const verdict =
        words ??
        (isOther
          ? `these are credentials of ${account}, and the config's account is ${config.account}: use config set`
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
  "config retire": verb(
    "end a replaced or disabled config for good: its credentials are deleted, its account is asked nothing any more",
    z.strictObject({
      merchant: merchantName,
      config_id: configId,
      force: z
        .literal("yes")
        .optional()
        .describe("in spite of orders and refunds that are not final, and of payments younger than 400 days"),
      note: text.trim().min(1, "say why").max(500, "at most 500 characters").optional(),
    }),
    async (gateway, { merchant, config_id, force, note = null }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const config = await findConfig(gateway, userId, config_id);
      return retire(gateway, config, { force: force === "yes", note });
    },
  ),
};

async function findConfig(gateway: Gateway, userId: string, id: string): Promise<StoredConfig> {
  const found = (await gateway.configRows.listAll(userId)).find((config) => config.id === id);
  if (found) return found;
  throw new GatewayError("not_found", `this merchant has no config ${id}: see config list`);
}

async function setActive(gateway: Gateway, merchant: string, id: string, active: boolean) {
  const { userId } = await findMerchant(gateway, merchant);
  if (await gateway.configRows.setActive(userId, id, active, gateway.clock.now()))
    return { config_id: id, state: active ? "active" : "disabled" };
  const { state } = await findConfig(gateway, userId, id);
  throw new GatewayError(
    "conflict",
    `config ${id} is ${state}: its account gets the name back by config set`,
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
