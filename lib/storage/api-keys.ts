import type { Authenticated } from "../domain/caller.ts";
import { type Database, type OpenTransaction, transact } from "./database.ts";
import { lockMerchant } from "./lock-merchant.ts";
import { ofMerchant } from "./of-merchant.ts";

export type ApiKeyInfo = {
  keyId: string;
  scopes: string[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
};

export type StoredApiKey = { keyId: string; hash: Buffer; expiresAt?: Date | null };

export function isLive({ revokedAt, expiresAt }: ApiKeyInfo, now: Date): boolean {
  return (revokedAt === null || revokedAt > now) && (expiresAt === null || expiresAt > now);
}

/** Adds a key unless the merchant already has `mostLive` live ones; `false`: it has. */
export function addApiKey(
  db: Database,
  userId: string,
  key: StoredApiKey,
  { scopes, now, mostLive }: { scopes: readonly string[]; now: Date; mostLive: number },
): Promise<boolean> {
  return transact(db, async (trx) => {
    // mutation: api-key-create-lock
    await lockMerchant(trx, userId);
    // mutation: api-key-create-repeated
    if (await scopesOf(trx, userId, key)) return true;
    const live = (await listApiKeys(trx, userId)).filter((one) => isLive(one, now));
    if (live.length >= mostLive) return false;
    await insert(trx, userId, key, scopes, now);
    return true;
  });
}

/**
 * Adds a key with the scopes of the newest live key, or with `scopes` if there is none. The newest live key then
 * expires at `until` at the latest; older ones are revoked now. Returns the new key's scopes.
 */
export function rollApiKey(
  db: Database,
  userId: string,
  key: StoredApiKey,
  { scopes, until, now }: { scopes: readonly string[]; until: Date; now: Date },
): Promise<string[]> {
  return transact(db, async (trx) => {
    // mutation: api-key-roll-lock
    await lockMerchant(trx, userId);
    const made = await scopesOf(trx, userId, key);
    if (made) return made;
    const live = (await listApiKeys(trx, userId)).filter((one) => isLive(one, now));
    const [newest, ...older] = live.reverse();
    for (const one of older) await revokeApiKey(trx, userId, one.keyId, now);
    if (newest && /* mutation: api-key-roll-live */ isLive(newest, until))
      await expire(trx, userId, newest.keyId, until);
    const inherited = newest?.scopes ?? [...scopes];
    await insert(trx, userId, key, inherited, now);
    return inherited;
  });
}

/** The scopes of this key if it exists already: an earlier COMMIT may have succeeded while its response was lost. */
async function scopesOf(trx: OpenTransaction, userId: string, key: StoredApiKey): Promise<string[] | null> {
  const row = await ofMerchant(trx, userId)
    .selectFrom("api_keys")
    .select("scopes")
    .where("key_id", "=", key.keyId)
    .where("hash", "=", key.hash)
    .executeTakeFirst();
  return row?.scopes.split(",") ?? null;
}

async function insert(
  trx: OpenTransaction,
  userId: string,
  { keyId, hash, expiresAt = null }: StoredApiKey,
  scopes: readonly string[],
  now: Date,
): Promise<void> {
  const key = { key_id: keyId, hash, scopes: scopes.join(","), created_at: now, expires_at: expiresAt };
  await ofMerchant(trx, userId).insertInto("api_keys").values(key).execute();
}

/** Oldest first. */
export async function listApiKeys(db: Database | OpenTransaction, userId: string): Promise<ApiKeyInfo[]> {
  const rows = await ofMerchant(db, userId)
    .selectFrom("api_keys")
    .select(["key_id", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at"])
    .orderBy("id")
    .execute();
  return rows.map((row) => ({
    keyId: row.key_id,
    scopes: row.scopes.split(","),
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  }));
}

async function expire(trx: OpenTransaction, userId: string, keyId: string, at: Date): Promise<void> {
  await ofMerchant(trx, userId)
    .updateTable("api_keys")
    .set({ expires_at: at })
    .where("key_id", "=", keyId)
    .executeTakeFirstOrThrow();
}

/** Revokes a key as of `at`; `false`: the merchant has no such key, or it was revoked before. */
export async function revokeApiKey(
  db: Database | OpenTransaction,
  userId: string,
  keyId: string,
  at: Date,
): Promise<boolean> {
  const revoked = await /* mutation: api-key-revoke-owner */ ofMerchant(db, userId)
    .updateTable("api_keys")
    .set({ revoked_at: at })
    .where("key_id", "=", keyId)
    .where("revoked_at", "is", null)
    .executeTakeFirstOrThrow();
  return revoked.numUpdatedRows === 1n;
}

export type StoredKey = {
  keyId: string;
  hash: Buffer;
  scopes: string[];
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
  merchant: Omit<Authenticated, "scopes">;
};

/** The parts of a key; not trusted before the stored hash matches. */
export type KeyName = { keyId: string; userId: string };

/** A key with its merchant, as authentication needs it. */
export async function findApiKey(db: Database, { keyId, userId }: KeyName): Promise<StoredKey | null> {
  const row = await ofMerchant(db, userId)
    .selectFrom("api_keys as k")
    .innerJoin("users as u", "u.id", "k.user_id")
    .select([
      "k.hash",
      "k.scopes",
      "k.expires_at",
      "k.revoked_at",
      "k.last_used_at",
      "u.id",
      "u.username",
      "u.status",
      "u.rate_limit",
      "u.notify_url",
    ])
    .where("k.key_id", "=", keyId)
    .executeTakeFirst();
  if (!row) return null;
  return {
    keyId,
    hash: row.hash,
    scopes: row.scopes.split(","),
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
    merchant: {
      userId: row.id,
      username: row.username,
      active: row.status === 1,
      // mutation: limit-of-merchant
      rateLimit: row.rate_limit,
      notifyUrl: row.notify_url,
    },
  };
}

export async function noteKeyUse(db: Database, { keyId, userId }: KeyName, at: Date): Promise<void> {
  await ofMerchant(db, userId)
    .updateTable("api_keys")
    .set({ last_used_at: at })
    .where("key_id", "=", keyId)
    .execute();
}
