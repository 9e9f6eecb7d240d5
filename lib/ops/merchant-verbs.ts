import * as z from "zod";
import { GatewayError } from "../errors.ts";
import { whyUnsendable } from "../notify/send-notification.ts";
import { newSecret } from "../notify/signature.ts";
import { type Gateway, notifySecretContext } from "../open-gateway.ts";
import { isDuplicate } from "../storage/database.ts";
import type { Merchant } from "../storage/merchants.ts";
import { findMerchant } from "./find-merchant.ts";
import { merchantName, verb } from "./verb.ts";

/** Not digits alone: wherever a merchant is named, those are an id. */
const username = z
  .string()
  .regex(/^(?!\d+$)[0-9A-Za-z_.-]{1,64}$/, "1 to 64 of 0-9 A-Z a-z _ . -, and not digits alone");
const notifyUrl = z.string().describe("where this merchant is told of payments that name no notify_url");

const mostCallsAMinute = 1_000_000;
const rateLimits = `1 to ${mostCallsAMinute}, or none`;
const callsAMinute = z.coerce.number().int(rateLimits).min(1, rateLimits).max(mostCallsAMinute, rateLimits);
const rateLimit = z
  .union([z.literal("none").transform(() => null), callsAMinute], { error: rateLimits })
  .describe("calls a minute, which may come at once, or `none`; a change takes effect within a minute");

export const merchantVerbs = {
  "merchant create": verb(
    "make a merchant and its signing secret, which is shown once",
    z.strictObject({ username, notify_url: notifyUrl.optional(), rate_limit: rateLimit.optional() }),
    async (gateway, { username, notify_url = null, rate_limit }) => {
      assertSendable(gateway, notify_url);
      const now = gateway.clock.now();
      const settings = { notifyUrl: notify_url, rateLimit: rate_limit };
      const userId = await gateway.merchants.create(username, settings, now).catch((error: unknown) => {
        if (!isDuplicate(error, "username")) throw error;
        throw new GatewayError("conflict", `there is a merchant "${username}" already`);
      });
      const secret = newSecret();
      const sealed = await gateway.vault.seal(JSON.stringify([secret]), notifySecretContext(userId));
      await gateway.merchants.saveNotifySecrets(userId, null, sealed, now);
      return { user_id: userId, username, webhook_secret: secret };
    },
  ),
  "merchant list": verb("list the merchants", z.strictObject({}), async ({ merchants }) =>
    (await merchants.list()).map((merchant) => ({
      user_id: merchant.userId,
      username: merchant.username,
      active: merchant.active,
      rate_limit: shownLimit(merchant),
      notify_url: merchant.notifyUrl,
      created_at: merchant.createdAt,
    })),
  ),
  "merchant set": verb(
    "change where a merchant is told of its payments, and how many calls a minute it may make",
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
      const { userId } = await findMerchant(gateway, merchant);
      const settings = { notifyUrl: notify_url, rateLimit: rate_limit };
      await gateway.merchants.update(userId, settings, gateway.clock.now());
      const now = await findMerchant(gateway, userId);
      return { user_id: userId, notify_url: now.notifyUrl, rate_limit: shownLimit(now) };
    },
  ),
  "merchant roll-secret": verb(
    "make a new signing secret, shown once; the one before signs too until the next roll, or not with --alone yes",
    z.strictObject({ merchant: merchantName, alone: z.literal("yes").optional() }),
    async (gateway, { merchant, alone }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const stored = await gateway.merchants.notifySecrets(userId);
      const before = await gateway.notifySecrets(userId, stored);
      const secret = newSecret();
      const secrets = alone ? [secret] : [secret, ...before.slice(0, 1)];
      const sealed = await gateway.vault.seal(JSON.stringify(secrets), notifySecretContext(userId));
      if (!(await gateway.merchants.saveNotifySecrets(userId, stored, sealed, gateway.clock.now()))) {
        throw new GatewayError("conflict", "the secrets were changed at the same time: try again");
      }
      return { user_id: userId, webhook_secret: secret, signing: secrets.length };
    },
  ),
  "merchant disable": verb(
    "let a merchant create no more payments; the existing ones go on",
    z.strictObject({ merchant: merchantName }),
    (gateway, { merchant }) => setActive(gateway, merchant, false),
  ),
  "merchant enable": verb(
    "undo merchant disable",
    z.strictObject({ merchant: merchantName }),
    (gateway, { merchant }) => setActive(gateway, merchant, true),
  ),
};

/** As it is given. */
function shownLimit({ rateLimit }: Merchant): number | "none" {
  return rateLimit ?? "none";
}

async function setActive(gateway: Gateway, merchant: string, active: boolean) {
  const { userId } = await findMerchant(gateway, merchant);
  await gateway.merchants.update(userId, { active }, gateway.clock.now());
  return { user_id: userId, active };
}

function assertSendable(gateway: Gateway, url: string | null): void {
  const why = url === null ? null : whyUnsendable(url, gateway.loopbackEndpoints);
  if (why !== null) throw new GatewayError("invalid_parameter", `notify_url: ${why}`);
}
