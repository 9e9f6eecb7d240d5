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

export interface ApiKeys {
  /** Adds a key unless the merchant already has `mostLive` live ones; `false`: it has. */
  addKey(
    userId: string,
    key: StoredApiKey,
    scopes: readonly string[],
    now: Date,
    mostLive: number,
  ): Promise<boolean>;
  /**
   * Adds a key with the scopes of the newest live key, or with `scopes` if there is none. The newest live key then
   * expires at `until` at the latest; older ones are revoked now. Returns the new key's scopes.
   */
  rollKey(
    userId: string,
    key: StoredApiKey,
    granted: { scopes: readonly string[]; until: Date },
    now: Date,
  ): Promise<string[]>;
  keys(userId: string): Promise<ApiKeyInfo[]>;
  /** Revokes a key as of `at`; `false`: the merchant has no such key, or it was revoked before. */
  revokeKey(userId: string, keyId: string, at: Date): Promise<boolean>;
}

export function isLive({ revokedAt, expiresAt }: ApiKeyInfo, now: Date): boolean {
  return (revokedAt === null || revokedAt > now) && (expiresAt === null || expiresAt > now);
}

export function apiKeysIn(db: Database): ApiKeys {
  return {
    addKey: (userId, key, scopes, now, mostLive) =>
      transact(db, async (trx) => {
        // mutation: api-key-create-lock
        await lockMerchant(trx, userId);
        // mutation: api-key-create-repeated
        if (await scopesOf(trx, userId, key)) return true;
        const live = (await keysOf(trx, userId)).filter((one) => isLive(one, now));
        if (live.length >= mostLive) return false;
        await insert(trx, userId, key, scopes, now);
        return true;
      }),
    rollKey: (userId, key, { scopes, until }, now) =>
      transact(db, async (trx) => {
        // mutation: api-key-roll-lock
        await lockMerchant(trx, userId);
        const made = await scopesOf(trx, userId, key);
        if (made) return made;
        const live = (await keysOf(trx, userId)).filter((one) => isLive(one, now));
        const [newest, ...older] = live.reverse();
        for (const one of older) await revoke(trx, userId, one.keyId, now);
        if (newest && /* mutation: api-key-roll-live */ isLive(newest, until))
          await expire(trx, userId, newest.keyId, until);
        const inherited = newest?.scopes ?? [...scopes];
        await insert(trx, userId, key, inherited, now);
        return inherited;
      }),
    keys: (userId) => keysOf(db, userId),
    revokeKey: (userId, keyId, at) => revoke(db, userId, keyId, at),
  };
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
async function keysOf(db: Database | OpenTransaction, userId: string): Promise<ApiKeyInfo[]> {
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

async function revoke(
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
