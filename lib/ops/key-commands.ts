import * as z from "zod";
import { secondsAfter } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { type NewApiKey, newApiKey, scopes } from "../merchants/api-key.ts";
import { addApiKey, isLive, listApiKeys, revokeApiKey, rollApiKey } from "../storage/api-keys.ts";
import { command, merchantName } from "./command.ts";
import { requireMerchant } from "./find-merchant.ts";

/** Two, so that a merchant can switch to a new key without downtime. */
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
  .describe("days until the key expires; by default it never does");

export const keyCommands = {
  "key create": command(
    "create an API key, which is shown once",
    z.strictObject({
      merchant: merchantName,
      scopes: scopeList.optional(),
      expires_in_days: expiresInDays,
    }),
    async (gateway, { merchant, scopes: requested = [...scopes], expires_in_days }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      const key = newKey(gateway, userId, expires_in_days);
      if (
        await addApiKey(gateway.db, userId, key, {
          scopes: requested,
          now: gateway.clock.now(),
          mostLive: mostLiveKeys,
        })
      ) {
        return shownOnce(userId, key, requested);
      }
      throw new GatewayError(
        "conflict",
        `this merchant has ${mostLiveKeys} live keys: revoke one first, see key list`,
      );
    },
  ),
  "key list": command(
    "list a merchant's keys",
    z.strictObject({ merchant: merchantName }),
    async (gateway, { merchant }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      return (await listApiKeys(gateway.db, userId)).map((key) => ({
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
  "key roll": command(
    "create a new key; the live ones stay valid for --overlap-hours",
    z.strictObject({
      merchant: merchantName,
      overlap_hours: z.coerce.number().int().min(0).max(720).default(24),
      expires_in_days: expiresInDays,
    }),
    async (gateway, { merchant, overlap_hours, expires_in_days }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      const now = gateway.clock.now();
      const key = newKey(gateway, userId, expires_in_days);
      const requested = { scopes, until: secondsAfter(now, overlap_hours * 3600) };
      return shownOnce(userId, key, await rollApiKey(gateway.db, userId, key, { ...requested, now }));
    },
  ),
  "key revoke": command(
    "revoke a key; takes effect everywhere within a minute",
    z.strictObject({ merchant: merchantName, key_id: z.string() }),
    async (gateway, { merchant, key_id }) => {
      const { userId } = await requireMerchant(gateway, merchant);
      const revoked = await revokeApiKey(gateway.db, userId, key_id, gateway.clock.now());
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

function shownOnce(userId: string, { keyId, text, expiresAt }: TimedKey, requested: readonly string[]) {
  return { user_id: userId, key_id: keyId, api_key: text, scopes: requested, expires_at: expiresAt };
}
