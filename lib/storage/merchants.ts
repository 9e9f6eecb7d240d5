import { type Selectable, sql } from "kysely";
import type { KeyRows } from "../merchants/authenticate.ts";
import { type ApiKeys, apiKeysIn } from "./api-keys.ts";
import type { Database } from "./database.ts";
import { acrossMerchants, ofMerchant } from "./of-merchant.ts";
import type { UsersTable } from "./tables.ts";

export type Merchant = {
  userId: string;
  username: string;
  active: boolean;
  /** Calls per minute; `null`: unlimited. */
  rateLimit: number | null;
  notifyUrl: string | null;
  createdAt: Date;
};

/** An absent field keeps its value; in a new row it gets the column's default. */
export type MerchantSettings = {
  notifyUrl?: string | null | undefined;
  rateLimit?: number | null | undefined;
};

/** One merchant's notification secrets, encrypted. */
export type EncryptedSecrets = { userId: string; secrets: string };

export interface Merchants extends ApiKeys {
  create(username: string, settings: MerchantSettings, now: Date): Promise<string>;
  list(): Promise<Merchant[]>;
  /** By id or exact username; a text that is one merchant's id and another one's username means the id. */
  find(name: string): Promise<Merchant | null>;
  update(userId: string, change: MerchantSettings & { active?: boolean }, now: Date): Promise<boolean>;
  /** Encrypted JSON list of the secrets that sign notifications. */
  notifySecrets(userId: string): Promise<string | null>;
  /** Replaces the secrets if they are still the ones that were read; `false`: another caller has changed them. */
  saveNotifySecrets(userId: string, before: string | null, encrypted: string, now: Date): Promise<boolean>;
  /** Secrets of all merchants with ids above `userId`, in order of id. */
  secretsAfter(userId: string, limit: number): Promise<EncryptedSecrets[]>;
}

const merchantColumns = ["id", "username", "status", "rate_limit", "notify_url", "created_at"] as const;

function merchantOf(row: Pick<Selectable<UsersTable>, (typeof merchantColumns)[number]>): Merchant {
  return {
    userId: row.id,
    username: row.username,
    active: row.status === 1,
    rateLimit: row.rate_limit,
    notifyUrl: row.notify_url,
    createdAt: row.created_at,
  };
}

export function merchantsIn(db: Database): Merchants {
  return {
    ...apiKeysIn(db),
    async create(username, settings, now) {
      const values = { username, ...settingColumns(settings), created_at: now, updated_at: now };
      // Across merchants: the new merchant has no id yet.
      const { insertId } = await acrossMerchants(db)
        .insertInto("users")
        .values(values)
        .executeTakeFirstOrThrow();
      return String(insertId);
    },
    async list() {
      // Across merchants: for operators.
      const rows = await acrossMerchants(db)
        .selectFrom("users")
        .select(merchantColumns)
        .orderBy("id")
        .execute();
      return rows.map(merchantOf);
    },
    async find(name) {
      // Across merchants: an operator names the merchant.
      const users = acrossMerchants(db).selectFrom("users").select(merchantColumns);
      const byId = /^[1-9]\d{0,19}$/.test(name)
        ? await users.where("id", "=", name).executeTakeFirst()
        : undefined;
      if (byId) return merchantOf(byId);
      const byName = await users.where("username", "=", name).executeTakeFirst();
      // The database ignores trailing spaces in a comparison.
      return byName?.username === name ? merchantOf(byName) : null;
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
    async saveNotifySecrets(userId, before, encrypted, now) {
      const saved = await ofMerchant(db, userId)
        .updateTable("users")
        .set({ notify_secrets: encrypted, updated_at: now })
        // mutation: merchant-secrets-before
        .where(sql`notify_secrets <=> ${before}`, "=", 1)
        .executeTakeFirstOrThrow();
      return saved.numUpdatedRows === 1n;
    },
    async secretsAfter(userId, limit) {
      // Across merchants: all secrets are re-encrypted.
      const rows = await acrossMerchants(db)
        .selectFrom("users")
        .select(["id", "notify_secrets"])
        .where("id", ">", userId)
        .where("notify_secrets", "is not", null)
        .orderBy("id")
        .limit(limit)
        .execute();
      return rows.map((row) => ({ userId: row.id, secrets: row.notify_secrets! }));
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
          // mutation: limit-of-merchant
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
