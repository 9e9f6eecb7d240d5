import { type Selectable, sql } from "kysely";
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

export async function createMerchant(
  db: Database,
  username: string,
  settings: MerchantSettings,
  now: Date,
): Promise<string> {
  const values = { username, ...settingColumns(settings), created_at: now, updated_at: now };
  // Across merchants: the new merchant has no id yet.
  const { insertId } = await acrossMerchants(db).insertInto("users").values(values).executeTakeFirstOrThrow();
  return String(insertId);
}

export async function listMerchants(db: Database): Promise<Merchant[]> {
  // Across merchants: for operators.
  const rows = await acrossMerchants(db).selectFrom("users").select(merchantColumns).orderBy("id").execute();
  return rows.map(merchantOf);
}

/** By id or exact username; a text that is one merchant's id and another one's username means the id. */
export async function findMerchant(db: Database, name: string): Promise<Merchant | null> {
  // Across merchants: an operator names the merchant.
  const users = acrossMerchants(db).selectFrom("users").select(merchantColumns);
  const byId = /^[1-9]\d{0,19}$/.test(name)
    ? await users.where("id", "=", name).executeTakeFirst()
    : undefined;
  if (byId) return merchantOf(byId);
  const byName = await users.where("username", "=", name).executeTakeFirst();
  // The database ignores trailing spaces in a comparison.
  return byName?.username === name ? merchantOf(byName) : null;
}

export async function updateMerchant(
  db: Database,
  userId: string,
  { active, ...settings }: MerchantSettings & { active?: boolean },
  now: Date,
): Promise<boolean> {
  const set = {
    updated_at: now,
    ...settingColumns(settings),
    ...(active !== undefined && { status: active ? 1 : 0 }),
  };
  const updated = await ofMerchant(db, userId).updateTable("users").set(set).executeTakeFirstOrThrow();
  return updated.numUpdatedRows === 1n;
}

/** Encrypted JSON list of the secrets that sign notifications. */
export async function readNotifySecrets(db: Database, userId: string): Promise<string | null> {
  const row = await ofMerchant(db, userId).selectFrom("users").select("notify_secrets").executeTakeFirst();
  return row?.notify_secrets ?? null;
}

/** Replaces the secrets if they are still the ones that were read; `false`: another caller has changed them. */
export async function saveNotifySecrets(
  db: Database,
  { userId, before }: { userId: string; before: string | null },
  encrypted: string,
  now: Date,
): Promise<boolean> {
  const saved = await ofMerchant(db, userId)
    .updateTable("users")
    .set({ notify_secrets: encrypted, updated_at: now })
    // mutation: merchant-secrets-before
    .where(sql`notify_secrets <=> ${before}`, "=", 1)
    .executeTakeFirstOrThrow();
  return saved.numUpdatedRows === 1n;
}

/** Secrets of all merchants with ids above `userId`, in order of id. */
export async function secretsAfter(db: Database, userId: string, limit: number): Promise<EncryptedSecrets[]> {
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
}

function settingColumns({ notifyUrl, rateLimit }: MerchantSettings) {
  return {
    ...(notifyUrl !== undefined && { notify_url: notifyUrl }),
    ...(rateLimit !== undefined && { rate_limit: rateLimit }),
  };
}
