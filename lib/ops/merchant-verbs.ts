import * as z from "zod";
import { GatewayError } from "../errors.ts";
import { whyUnsendable } from "../notify/send-notification.ts";
import { newSecret } from "../notify/signature.ts";
import { type Gateway, notifySecretContext } from "../open-gateway.ts";
import { findMerchant } from "./find-merchant.ts";
import { merchantName, verb } from "./verb.ts";

/** Not digits alone: wherever a merchant is named, those are an id. */
const username = z
  .string()
  .regex(/^(?!\d+$)[0-9A-Za-z_.-]{1,64}$/, "1 to 64 of 0-9 A-Z a-z _ . -, and not digits alone");
const notifyUrl = z.string().describe("where this merchant is told of payments that name no notify_url");

export const merchantVerbs = {
  "merchant create": verb(
    "make a merchant and its signing secret, which is shown once",
    z.strictObject({ username, notify_url: notifyUrl.optional() }),
    async (gateway, { username, notify_url = null }) => {
      assertSendable(gateway, notify_url);
      if ((await gateway.merchants.list()).some((merchant) => merchant.username === username)) {
        throw new GatewayError("conflict", `there is a merchant "${username}" already`);
      }
      const now = gateway.clock.now();
      const userId = await gateway.merchants.create(username, notify_url, now);
      const secret = newSecret();
      const sealed = await gateway.vault.seal(JSON.stringify([secret]), notifySecretContext(userId));
      await gateway.merchants.saveNotifySecrets(userId, sealed, now);
      return { user_id: userId, username, webhook_secret: secret };
    },
  ),
  "merchant list": verb("list the merchants", z.strictObject({}), async ({ merchants }) =>
    (await merchants.list()).map((merchant) => ({
      user_id: merchant.userId,
      username: merchant.username,
      active: merchant.active,
      notify_url: merchant.notifyUrl,
      created_at: merchant.createdAt,
    })),
  ),
  "merchant set": verb(
    "change where a merchant is told of its payments",
    z.strictObject({ merchant: merchantName, notify_url: notifyUrl }),
    async (gateway, { merchant, notify_url }) => {
      assertSendable(gateway, notify_url);
      const { userId } = await findMerchant(gateway, merchant);
      await gateway.merchants.update(userId, { notifyUrl: notify_url }, gateway.clock.now());
      return { user_id: userId, notify_url };
    },
  ),
  "merchant roll-secret": verb(
    "make a new signing secret, shown once; the one before signs too until the next roll, or not with --alone yes",
    z.strictObject({ merchant: merchantName, alone: z.literal("yes").optional() }),
    async (gateway, { merchant, alone }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const before = await gateway.notifySecrets(userId, await gateway.merchants.notifySecrets(userId));
      const secret = newSecret();
      const secrets = alone ? [secret] : [secret, ...before.slice(0, 1)];
      const sealed = await gateway.vault.seal(JSON.stringify(secrets), notifySecretContext(userId));
      await gateway.merchants.saveNotifySecrets(userId, sealed, gateway.clock.now());
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

async function setActive(gateway: Gateway, merchant: string, active: boolean) {
  const { userId } = await findMerchant(gateway, merchant);
  await gateway.merchants.update(userId, { active }, gateway.clock.now());
  return { user_id: userId, active };
}

function assertSendable(gateway: Gateway, url: string | null): void {
  const why = url === null ? null : whyUnsendable(url, gateway.loopbackEndpoints);
  if (why !== null) throw new GatewayError("invalid_parameter", `notify_url: ${why}`);
}
