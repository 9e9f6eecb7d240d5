import type { KeyRows } from "../merchant/authenticate.ts";
import type { Database } from "./database.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";

export type Merchant = {
  userId: string;
  username: string;
  active: boolean;
  /** Calls a minute; `null`: any number. */
  rateLimit: number | null;
  notifyUrl: string | null;
  createdAt: Date;
};

export type ApiKeyInfo = {
  keyId: string;
  scopes: string[];
  createdAt: Date;
  expiresAt: Date | null;
  revokedAt: Date | null;
  lastUsedAt: Date | null;
};

/** What is absent stays as it is, or becomes what it usually is. */
export type MerchantSettings = {
  notifyUrl?: string | null | undefined;
  rateLimit?: number | null | undefined;
};

export interface Merchants {
  create(username: string, settings: MerchantSettings, now: Date): Promise<string>;
  list(): Promise<Merchant[]>;
  update(userId: string, change: MerchantSettings & { active?: boolean }, now: Date): Promise<boolean>;
  /** Sealed JSON list of the secrets that sign notifications. */
  notifySecrets(userId: string): Promise<string | null>;
  saveNotifySecrets(userId: string, sealed: string, now: Date): Promise<void>;
  addKey(
    userId: string,
    key: { keyId: string; hash: Buffer; expiresAt?: Date | null },
    scopes: readonly string[],
    now: Date,
  ): Promise<void>;
  keys(userId: string): Promise<ApiKeyInfo[]>;
  /** Ends a key at `at`; false when this merchant has no such living key. */
  revokeKey(userId: string, keyId: string, at: Date): Promise<boolean>;
}

export function merchantsIn(db: Database): Merchants {
  return {
    async create(username, settings, now) {
      const values = { username, ...settingColumns(settings), created_at: now, updated_at: now };
      // Across merchants: there is none yet.
      const { insertId } = await acrossMerchants(db)
        .insertInto("users")
        .values(values)
        .executeTakeFirstOrThrow();
      return String(insertId);
    },
    async list() {
      const columns = ["id", "username", "status", "rate_limit", "notify_url", "created_at"] as const;
      // Across merchants: for operators.
      const rows = await acrossMerchants(db).selectFrom("users").select(columns).orderBy("id").execute();
      return rows.map((row) => ({
        userId: row.id,
        username: row.username,
        active: row.status === 1,
        rateLimit: row.rate_limit,
        notifyUrl: row.notify_url,
        createdAt: row.created_at,
      }));
    },
    async update(userId, { active, ...settings }, now) {
      const set = {
        updated_at: now,
        ...settingColumns(settings),
        ...(active !== undefined && { status: active ? 1 : 0 }),
      };
      const updated = await ofMerchant(db, userId).updateTable("users").set(set).executeTakeFirstOrThrow();
      return updated.numUpdatedRows === 1n;
    },
    async notifySecrets(userId) {
      const row = await ofMerchant(db, userId)
        .selectFrom("users")
        .select("notify_secrets")
        .executeTakeFirst();
      return row?.notify_secrets ?? null;
    },
    async saveNotifySecrets(userId, sealed, now) {
      await ofMerchant(db, userId)
        .updateTable("users")
        .set({ notify_secrets: sealed, updated_at: now })
        .execute();
    },
    async addKey(userId, { keyId, hash, expiresAt = null }, scopes, now) {
      const key = { key_id: keyId, hash, scopes: scopes.join(","), created_at: now, expires_at: expiresAt };
      await ofMerchant(db, userId).insertInto("api_keys").values(key).execute();
    },
    async keys(userId) {
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
    },
    async revokeKey(userId, keyId, at) {
      const revoked = await ofMerchant(db, userId)
        .updateTable("api_keys")
        .set({ revoked_at: at })
        .where("key_id", "=", keyId)
        .where((eb) => eb.or([eb("revoked_at", "is", null), eb("revoked_at", ">", at)]))
        .executeTakeFirstOrThrow();
      return revoked.numUpdatedRows === 1n;
    },
  };
}

function settingColumns({ notifyUrl, rateLimit }: MerchantSettings) {
  return {
    ...(notifyUrl !== undefined && { notify_url: notifyUrl }),
    ...(rateLimit !== undefined && { rate_limit: rateLimit }),
  };
}

export function keyRowsIn(db: Database): KeyRows {
  return {
    async find({ keyId, userId }) {
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
          rateLimit: row.rate_limit,
          notifyUrl: row.notify_url,
        },
      };
    },
    async noteUse({ keyId, userId }, at) {
      await ofMerchant(db, userId)
        .updateTable("api_keys")
        .set({ last_used_at: at })
        .where("key_id", "=", keyId)
        .execute();
    },
  };
}
