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
const daySeconds = 86_400;

const scopeList = z
  .string()
  .transform((text) => text.split(","))
  .pipe(z.array(z.enum(scopes)).min(1))
  .describe(`comma-separated, of ${scopes.join(", ")}; all by default`);

const expiresInDays = z.coerce
  .number()
  .int()
  .min(1, "1 to 3650")
  .max(3650, "1 to 3650")
  .optional()
  .describe("the key ends by itself after so many days; never by default");

export const keyVerbs = {
  "key create": verb(
    "make an API key, which is shown once",
    z.strictObject({
      merchant: merchantName,
      scopes: scopeList.optional(),
      expires_in_days: expiresInDays,
    }),
    async (gateway, { merchant, scopes: wanted = [...scopes], expires_in_days }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const live = (await gateway.merchants.keys(userId)).filter((key) => isLive(key, gateway.clock.now()));
      if (live.length >= mostLiveKeys) {
        throw new GatewayError(
          "conflict",
          `this merchant has ${mostLiveKeys} live keys: revoke one first, see key list`,
        );
      }
      return addKey(gateway, userId, wanted, expires_in_days);
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
        last_used_at: key.lastUsedAt,
      }));
    },
  ),
  "key roll": verb(
    "make a new key; the live ones go on for a while",
    z.strictObject({
      merchant: merchantName,
      overlap_hours: z.coerce.number().int().min(0).max(720).default(24),
      expires_in_days: expiresInDays,
    }),
    async (gateway, { merchant, overlap_hours, expires_in_days }) => {
      const { userId } = await findMerchant(gateway, merchant);
      const now = gateway.clock.now();
      const [newest, ...older] = (await gateway.merchants.keys(userId))
        .filter((key) => isLive(key, now))
        .reverse();
      for (const key of older) await gateway.merchants.revokeKey(userId, key.keyId, now);
      if (newest)
        await gateway.merchants.revokeKey(userId, newest.keyId, secondsAfter(now, overlap_hours * 3600));
      const wanted = (newest?.scopes as Scope[] | undefined) ?? [...scopes];
      return addKey(gateway, userId, wanted, expires_in_days);
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

async function addKey(gateway: Gateway, userId: string, wanted: readonly Scope[], days?: number) {
  const key = newApiKey(userId);
  const now = gateway.clock.now();
  const expiresAt = days === undefined ? null : secondsAfter(now, days * daySeconds);
  await gateway.merchants.addKey(userId, { ...key, expiresAt }, wanted, now);
  return {
    user_id: userId,
    key_id: key.keyId,
    api_key: key.text,
    scopes: wanted,
    expires_at: expiresAt,
  };
}

function isLive({ revokedAt, expiresAt }: ApiKeyInfo, now: Date): boolean {
  return (revokedAt === null || revokedAt > now) && (expiresAt === null || expiresAt > now);
}
