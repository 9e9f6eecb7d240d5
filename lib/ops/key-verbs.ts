import * as z from "zod";
import { secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { type NewApiKey, newApiKey, scopes } from "../merchant/api-key.ts";
import type { Gateway } from "../open-gateway.ts";
import { isLive } from "../storage/api-keys.ts";
import { findMerchant } from "./find-merchant.ts";
import { merchantName, verb } from "./verb.ts";

/** One in use and one to change over to. */
// mutation: api-key-most-live
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
      const key = newKey(gateway, userId, expires_in_days);
      if (await gateway.merchants.addKey(userId, key, wanted, gateway.clock.now(), mostLiveKeys)) {
        return shownOnce(userId, key, wanted);
      }
      throw new GatewayError(
        "conflict",
        `this merchant has ${mostLiveKeys} live keys: revoke one first, see key list`,
      );
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
      const key = newKey(gateway, userId, expires_in_days);
      const wanted = { scopes, until: secondsAfter(now, overlap_hours * 3600) };
      return shownOnce(userId, key, await gateway.merchants.rollKey(userId, key, wanted, now));
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

type TimedKey = NewApiKey & { expiresAt: Date | null };

function newKey({ clock }: Gateway, userId: string, days?: number): TimedKey {
  const now = clock.now();
  const expiresAt =
    days === undefined ? null : secondsAfter(now, /* mutation: api-key-days */ days * daySeconds);
  return { ...newApiKey(userId), expiresAt };
}

function shownOnce(userId: string, { keyId, text, expiresAt }: TimedKey, wanted: readonly string[]) {
  return { user_id: userId, key_id: keyId, api_key: text, scopes: wanted, expires_at: expiresAt };
}
