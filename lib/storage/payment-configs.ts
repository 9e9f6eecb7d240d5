import { type Selectable, sql } from "kysely";
import type { Account, ConfigState, StoredConfig } from "../domain/config.ts";
import { type Database, isDuplicate, transact } from "./database.ts";
import { acrossMerchants, ofMerchant, type Rows } from "./of-merchant.ts";
import type { PaymentConfigsTable } from "./tables.ts";

export type NewCredentials = {
  encrypted: string;
  /** `null`: not known yet, because the provider could not be reached. */
  account: Account | null;
  replaces: StoredConfig | null;
};

/** Thrown inside the transaction to roll it back: if the new config cannot take the name, the old one keeps it. */
class ChangedMeanwhile extends Error {}

const columns = [
  "id",
  "user_id",
  "provider",
  "config_name",
  "config_data",
  "version",
  "account",
  "livemode",
  "status",
  "updated_at",
] as const;

const encryptedTexts = '{"encrypted":%';
/** Stored in place of credentials in a config that has none yet, and in a retired one. */
export const noCredentials = "{}";
/** The value of the `status` column for each state. */
export const states = {
  disabled: 0,
  active: 1,
  replaced: 2,
  retired: 3,
} as const satisfies Record<ConfigState, number>;

export async function listConfigs(db: Database, userId: string, provider: string): Promise<StoredConfig[]> {
  const rows = configsAmong(ofMerchant(db, userId));
  return (await rows.where("provider", "=", provider).orderBy("id").execute()).map(configOf);
}

export async function listAllConfigs(db: Database, userId: string): Promise<StoredConfig[]> {
  return (await configsAmong(ofMerchant(db, userId)).orderBy("id").execute()).map(configOf);
}

export async function findConfig(db: Database, id: string): Promise<StoredConfig | null> {
  // Across merchants: a webhook's URL names only the config, which determines the merchant.
  const row = await configsAmong(acrossMerchants(db)).where("id", "=", id).executeTakeFirst();
  return row ? configOf(row) : null;
}

/** `false`: the credentials were replaced meanwhile, or another account is stored already. */
export async function saveConfigAccount(
  db: Database,
  config: StoredConfig,
  { account, livemode }: Account,
): Promise<boolean> {
  const saved = await ofMerchant(db, config.userId)
    .updateTable("payment_configs")
    .set({ account, livemode: livemode ? 1 : 0 })
    .where("id", "=", config.id)
    .where("version", "=", config.version)
    // mutation: config-account-of-data
    .where("config_data", "=", config.data)
    .where((eb) => eb.or([eb("account", "is", null), eb("account", "=", account)]))
    .executeTakeFirstOrThrow();
  return saved.numUpdatedRows === 1n;
}

/**
 * Creates the row first, because its id is part of its webhook URL and of the encryption context of its credentials.
 * Until `putCredentials` it has no credentials and does not occupy its name.
 */
export async function createConfig(
  db: Database,
  userId: string,
  { provider, name }: { provider: string; name: string },
  now: Date,
): Promise<string> {
  const values = {
    provider,
    config_name: name,
    config_data: noCredentials,
    status: states.replaced,
    created_at: now,
    updated_at: now,
  };
  const { insertId } = await ofMerchant(db, userId)
    .insertInto("payment_configs")
    .values(values)
    .executeTakeFirstOrThrow();
  return String(insertId);
}

/** Deletes a config that was created and never got credentials. */
export async function discardConfig(db: Database, { userId, id, version }: StoredConfig): Promise<void> {
  await ofMerchant(db, userId)
    .deleteFrom("payment_configs")
    .where("id", "=", id)
    .where("version", "=", version)
    .where("config_data", "=", noCredentials)
    .where("account", "is", null)
    .execute();
}

/**
 * Replaces the credentials by their re-encrypted text if the stored text is still the one that was read; `false`: it
 * is not.
 */
export async function saveReencrypted(
  db: Database,
  config: StoredConfig,
  encrypted: string,
  now: Date,
): Promise<boolean> {
  const saved = await ofMerchant(db, config.userId)
    .updateTable("payment_configs")
    .set({ config_data: encrypted, updated_at: now })
    .where("id", "=", config.id)
    // mutation: config-update-version
    .where("version", "=", config.version)
    // mutation: config-reseal-data
    .where("config_data", "=", config.data)
    .executeTakeFirstOrThrow();
  return saved.numUpdatedRows === 1n;
}

/** Disables an active config or activates a disabled one; a config in any other state does not change. */
export async function setConfigActive(
  db: Database,
  { userId, id }: { userId: string; id: string },
  active: boolean,
  now: Date,
): Promise<boolean> {
  const set = { status: active ? states.active : states.disabled, updated_at: now };
  const saved = await /* mutation: config-disable-owner */ ofMerchant(db, userId)
    .updateTable("payment_configs")
    .set(set)
    .where("id", "=", id)
    // mutation: config-enabled-state
    .where("status", "in", [states.active, states.disabled])
    .executeTakeFirstOrThrow();
  return saved.numUpdatedRows === 1n;
}

/** Configs with ids above `after` whose credentials were written as plain JSON; text that is not JSON is left out. */
export async function unencryptedConfigs(
  db: Database,
  after: string,
  limit: number,
): Promise<StoredConfig[]> {
  // Across merchants: the sweeper encrypts the configs of all of them.
  return (
    await configsAmong(acrossMerchants(db))
      .where("config_data", "not like", encryptedTexts)
      .where("config_data", "<>", noCredentials)
      // mutation: config-plain-json
      .where(sql`JSON_VALID(config_data)`, "=", 1)
      .where("id", ">", after)
      .orderBy("id")
      .limit(limit)
      .execute()
  ).map(configOf);
}

/** All merchants' encrypted configs with ids above `id`, in order of id. */
export async function encryptedConfigsAfter(
  db: Database,
  id: string,
  limit: number,
): Promise<StoredConfig[]> {
  // Across merchants: all configs are re-encrypted.
  const all = configsAmong(acrossMerchants(db));
  const behind = all.where("id", ">", id).where("config_data", "like", encryptedTexts);
  return (await behind.orderBy("id").limit(limit).execute()).map(configOf);
}

/**
 * Stores new credentials if the config still has the version that was read, increments that version, and makes the
 * config the active one of its name. `replaces` is the config that had the name until now. `false`: another caller has
 * changed one of the two.
 */
export async function putCredentials(
  db: Database,
  config: StoredConfig,
  credentials: NewCredentials,
  now: Date,
): Promise<boolean> {
  const { encrypted, account, replaces } = credentials;
  try {
    await transact(db, async (trx) => {
      const rows = ofMerchant(trx, config.userId);
      const change = (one: StoredConfig) =>
        rows.updateTable("payment_configs").where("id", "=", one.id).where("version", "=", one.version);
      if (replaces) {
        const replaced = await change(replaces)
          .set({ status: states.replaced, updated_at: now })
          .where("status", "in", [states.active, states.disabled])
          .executeTakeFirstOrThrow();
        // mutation: config-replaced-meanwhile
        if (replaced.numUpdatedRows !== 1n) throw new ChangedMeanwhile();
      }
      const saved = await change(config)
        .set((eb) => ({
          config_data: encrypted,
          version: eb("version", "+", 1),
          status: states.active,
          note: null,
          updated_at: now,
          ...(account && { account: account.account, livemode: account.livemode ? 1 : 0 }),
        }))
        // A row never changes its account: its orders belong to that account.
        // mutation: config-account-stored
        .where((eb) => eb.or([eb("account", "is", null), eb("account", "=", account?.account ?? null)]))
        .executeTakeFirstOrThrow();
      if (saved.numUpdatedRows !== 1n) throw new ChangedMeanwhile();
    });
    return true;
  } catch (error) {
    if (error instanceof ChangedMeanwhile || isDuplicate(error, "live_config")) return false;
    throw error;
  }
}

function configsAmong(rows: Rows) {
  return rows.selectFrom("payment_configs").select(columns);
}

function configOf(row: Pick<Selectable<PaymentConfigsTable>, (typeof columns)[number]>): StoredConfig {
  return {
    id: row.id,
    userId: row.user_id,
    provider: row.provider,
    name: row.config_name,
    data: row.config_data,
    version: row.version,
    account: row.account,
    livemode: row.livemode === null ? null : row.livemode === 1,
    state: stateOf(row.status),
    updatedAt: row.updated_at,
  };
}

/** A status that was written by hand and is none of ours counts as disabled: the config creates no payments. */
function stateOf(status: number): ConfigState {
  const found = Object.entries(states).find(([, code]) => code === status);
  return (found?.[0] as ConfigState | undefined) ?? "disabled";
}
