import * as z from "zod";
import { whyUnsendable } from "../deliveries/send-notification.ts";
import { newSecret } from "../deliveries/signature.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { notifySecretContext, openNotifySecrets } from "../merchants/notify-secrets.ts";
import { isDuplicate } from "../storage/database.ts";
import type { Merchant } from "../storage/merchants.ts";
import {
  createMerchant,
  listMerchants,
  readNotifySecrets,
  saveNotifySecrets,
  updateMerchant,
} from "../storage/merchants.ts";
import { command, merchantName } from "./command.ts";
import { requireMerchant } from "./find-merchant.ts";

/** Never digits only: commands take a merchant's id or username, and an id is all digits. */
const username = z
  .string()
  .regex(/^(?!\d+$)[0-9A-Za-z_.-]{1,64}$/, "1 to 64 of 0-9 A-Z a-z _ . -, and not digits alone");
const notifyUrl = z
  .string()
  .describe("where notifications go for payments without a notify_url of their own");

const mostCallsAMinute = 1_000_000;
const rateLimits = `1 to ${mostCallsAMinute}, or none`;
const callsAMinute = z.coerce.number().int(rateLimits).min(1, rateLimits).max(mostCallsAMinute, rateLimits);
const rateLimit = z
  .union([z.literal("none").transform(() => null), callsAMinute], { error: rateLimits })
  .describe("calls per minute (bursts allowed), or `none`; a change takes effect within a minute");

export const merchantCommands = {
  "merchant create": command(
    "create a merchant and its signing secret, which is shown once",
    z.strictObject({ username, notify_url: notifyUrl.optional(), rate_limit: rateLimit.optional() }),
    async (gateway, { username, notify_url = null, rate_limit }) => {
      assertSendable(gateway, notify_url);
      const now = gateway.clock.now();
      const settings = { notifyUrl: notify_url, rateLimit: rate_limit };
      const userId = await createMerchant(gateway.db, username, settings, now).catch((error: unknown) => {
        if (!isDuplicate(error, "username")) throw error;
        throw new GatewayError("conflict", `merchant "${username}" already exists: choose another username`);
      });
      const secret = newSecret();
      const encrypted = await gateway.vault.encrypt(JSON.stringify([secret]), notifySecretContext(userId));
      await saveNotifySecrets(gateway.db, { userId, before: null }, encrypted, now);
      return { user_id: userId, username, webhook_secret: secret };
    },
  ),
  "merchant list": command("list the merchants", z.strictObject({}), async ({ db }) =>
    (await listMerchants(db)).map((merchant) => ({
      user_id: merchant.userId,
      username: merchant.username,
      active: merchant.active,
      rate_limit: shownLimit(merchant),
      notify_url: merchant.notifyUrl,
      created_at: merchant.createdAt,
    })),
  ),
  "merchant set": command(
    "change a merchant's notification URL or its limit of calls per minute",
    z
      .strictObject({
        merchant: merchantName,
        notify_url: notifyUrl.optional(),
        rate_limit: rateLimit.optional(),
      })
      .refine((set) => set.notify_url !== undefined || set.rate_limit !== undefined, {
        error: "give notify_url, rate_limit or both",
      }),
    async (gateway, { merchant, notify_url, rate_limit }) => {
      assertSendable(gateway, notify_url ?? null);
      const { userId } = await requireMerchant(gateway, merchant);
      const settings = { notifyUrl: notify_url, rateLimit: rate_limit };
      await updateMerchant(gateway.db, userId, settings, gateway.clock.now());
      const now = await requireMerchant(gateway, userId);
      return { user_id: userId, notify_url: now.notifyUrl, rate_limit: shownLimit(now) };
    },
  ),
  "merchant roll-secret": command(
    "create a new signing secret, shown once; the previous one also signs until the next roll, unless --alone yes",
    z.strictObject({ merchant: merchantName, alone: z.literal("yes").optional() }),
    async (gateway, { merchant, alone }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      const stored = await readNotifySecrets(gateway.db, userId);
      const before = await openNotifySecrets(gateway.vault, userId, stored);
      const secret = newSecret();
      const secrets = alone ? [secret] : [secret, ...before.slice(0, 1)];
      const encrypted = await gateway.vault.encrypt(JSON.stringify(secrets), notifySecretContext(userId));
      if (
        !(await saveNotifySecrets(gateway.db, { userId, before: stored }, encrypted, gateway.clock.now()))
      ) {
        throw new GatewayError("conflict", "the secrets were changed at the same time: try again");
      }
      return { user_id: userId, webhook_secret: secret, signing: secrets.length };
    },
  ),
  "merchant disable": command(
    "stop a merchant from creating payments; existing payments continue",
    z.strictObject({ merchant: merchantName }),
    (gateway, { merchant }) => setActive(gateway, merchant, false),
  ),
  "merchant enable": command(
    "undo merchant disable",
    z.strictObject({ merchant: merchantName }),
    (gateway, { merchant }) => setActive(gateway, merchant, true),
  ),
};

function shownLimit({ rateLimit }: Merchant): number | "none" {
  return rateLimit ?? "none";
}

async function setActive(gateway: Gateway, merchant: string, active: boolean) {
  const { userId } = await requireMerchant(gateway, merchant);
  await updateMerchant(gateway.db, userId, { active }, gateway.clock.now());
  return { user_id: userId, active };
}

function assertSendable(gateway: Gateway, url: string | null): void {
  const why = url === null ? null : whyUnsendable(url, gateway.loopbackEndpoints);
  if (why !== null) throw new GatewayError("invalid_parameter", `notify_url: ${why}`);
}
