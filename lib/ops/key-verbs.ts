import * as z from "zod";
import { secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { newApiKey, type Scope, scopes } from "../merchant/api-key.ts";
import type { Gateway } from "../open-gateway.ts";
import type { ApiKeyInfo } from "../storage/merchants.ts";
import { findMerchant } from "./find-merchant.ts";
import { merchantName, verb } from "./verb.ts";

/** One in use and one to change over to. */
const mostLiveKeys = 2;

const scopeList = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(scopes)).min(1))
  .describe(`comma-separated, of ${scopes.join(", ")}; all by default`);

export const keyVerbs = {
  "key create": verb(
    "make an API key, which is shown once",
    z.strictObject({ merchant: merchantName, scopes: scopeList.optional() }),
    async (gateway, { merchant, scopes: wanted = [...scopes] }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const live = (await gateway.merchants.keys(userId)).filter((key) => isLive(key, gateway.clock.now()));
      if (live.length >= mostLiveKeys) {
        throw new GatewayError(
          "conflict",
          `this merchant has ${mostLiveKeys} live keys: revoke one first, see key list`,
        );
      }
      return addKey(gateway, userId, wanted);
    },
  ),
  "key list": verb(
    "list a merchant's keys",
    z.strictObject({ merchant: merchantName }),
    async (gateway, { merchant }) => {
      const { userId } = await findMerchant(gateway, merchant);
      return (await gateway.merchants.keys(userId)).map((key) => ({
        key_id: key.keyId,
        live: isLive(key, gateway.clock.now()),
        scopes: key.scopes,
        created_at: key.createdAt,
        expires_at: key.expiresAt,
        revoked_at: key.revokedAt,
      }));
    },
  ),
  "key roll": verb(
    "make a new key; the live ones go on for a while",
    z.strictObject({
      merchant: merchantName,
      overlap_hours: z.coerce.number().int().min(0).max(720).default(24),
    }),
    async (gateway, { merchant, overlap_hours }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const now = gateway.clock.now();
      const [newest, ...older] = (await gateway.merchants.keys(userId))
        .filter((key) => isLive(key, now))
        .reverse();
      for (const key of older) await gateway.merchants.revokeKey(userId, key.keyId, now);
      if (newest)
        await gateway.merchants.revokeKey(userId, newest.keyId, secondsAfter(now, overlap_hours * 3600));
      return addKey(gateway, userId, (newest?.scopes as Scope[] | undefined) ?? [...scopes]);
    },
  ),
  "key revoke": verb(
    "end a key, everywhere within a minute",
    z.strictObject({ merchant: merchantName, key_id: z.string() }),
    async (gateway, { merchant, key_id }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const revoked = await gateway.merchants.revokeKey(userId, key_id, gateway.clock.now());
      if (!revoked)
        throw new GatewayError("not_found", `this merchant has no live key ${key_id}: see key list`);
      return { key_id, revoked: true };
    },
  ),
};

async function addKey(gateway: Gateway, userId: string, wanted: readonly Scope[]) {
  const key = newApiKey(userId);
  await gateway.merchants.addKey(userId, key, wanted, gateway.clock.now());
  return { user_id: userId, key_id: key.keyId, api_key: key.text, scopes: wanted };
}

function isLive({ revokedAt, expiresAt }: ApiKeyInfo, now: Date): boolean {
  return (revokedAt === null || revokedAt > now) && (expiresAt === null || expiresAt > now);
}
