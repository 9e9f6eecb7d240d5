import { type Selectable, sql } from "kysely";
import type { ConfigRows, StoredConfig } from "../payment/ports.ts";
import type { Database } from "./database.ts";
import { acrossMerchants, ofMerchant, type Rows } from "./of-merchant.ts";
import type { PaymentConfigsTable } from "./tables.ts";

export interface PaymentConfigs extends ConfigRows {
  listAll(userId: string): Promise<StoredConfig[]>;
  /** Makes the row first, so that its id can be part of what its credentials are sealed for. */
  create(userId: string, provider: string, name: string, now: Date): Promise<string>;
  /**
   * Stores sealed credentials: other ones (`changed`) over the version that was read, under the next version; the same
   * ones, sealed anew, over the very text that was read. `false`: somebody else has changed them.
   */
  saveCredentials(config: StoredConfig, sealed: string, changed: boolean, now: Date): Promise<boolean>;
  setActive(userId: string, id: string, active: boolean, now: Date): Promise<boolean>;
  /** Those that somebody inserted as plain JSON; what is not even that is left as it is. */
  unsealed(limit: number): Promise<StoredConfig[]>;
  /** Every merchant's that are sealed, by id, behind this one. */
  sealedAfter(id: string, limit: number): Promise<StoredConfig[]>;
}

const columns = [
  "id",
  "user_id",
  "provider",
  "config_name",
  "config_data",
  "version",
  "account",
  "status",
] as const;

const sealedTexts = '{"sealed":%';
/** The credentials of a config that is being made. */
const nothingYet = "{}";

export function paymentConfigsIn(db: Database): PaymentConfigs {
  return {
    async list(userId, provider) {
      const rows = configsAmong(ofMerchant(db, userId));
      return (await rows.where("provider", "=", provider).orderBy("id").execute()).map(configOf);
    },
    async listAll(userId) {
      return (await configsAmong(ofMerchant(db, userId)).orderBy("id").execute()).map(configOf);
    },
    async byId(id) {
      // Across merchants: a webhook's URL names a config, whose merchant is then the one.
      const row = await configsAmong(acrossMerchants(db)).where("id", "=", id).executeTakeFirst();
      return row ? configOf(row) : null;
    },
    async saveAccount(config, account) {
      await ofMerchant(db, config.userId)
        .updateTable("payment_configs")
        .set({ account })
        .where("id", "=", config.id)
        .where("version", "=", config.version)
        .execute();
    },
    async create(userId, provider, name, now) {
      const values = {
        provider,
        config_name: name,
        config_data: nothingYet,
        status: 0,
        created_at: now,
        updated_at: now,
      };
      const { insertId } = await ofMerchant(db, userId)
        .insertInto("payment_configs")
        .values(values)
        .executeTakeFirstOrThrow();
      return String(insertId);
    },
    async saveCredentials(config, sealed, changed, now) {
      const saved = await ofMerchant(db, config.userId)
        .updateTable("payment_configs")
        .set((eb) => ({
          config_data: sealed,
          updated_at: now,
          ...(changed && { version: eb("version", "+", 1), account: null, status: 1 }),
        }))
        .where("id", "=", config.id)
        // mutation: config-update-version
        .where("version", "=", config.version)
        .$if(!changed, (query) =>
          query
            // mutation: config-reseal-data
            .where("config_data", "=", config.data),
        )
        .executeTakeFirstOrThrow();
      return saved.numUpdatedRows === 1n;
    },
    async setActive(userId, id, active, now) {
      const set = { status: active ? 1 : 0, updated_at: now };
      const saved = await /* mutation: config-disable-owner */ ofMerchant(db, userId)
        .updateTable("payment_configs")
        .set(set)
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      return saved.numUpdatedRows === 1n;
    },
    async unsealed(limit) {
      // Across merchants: the sweeper seals for all.
      return (
        await configsAmong(acrossMerchants(db))
          .where("config_data", "not like", sealedTexts)
          .where("config_data", "<>", nothingYet)
          // mutation: config-plain-json
          .where(sql`JSON_VALID(config_data)`, "=", 1)
          .limit(limit)
          .execute()
      ).map(configOf);
    },
    async sealedAfter(id, limit) {
      // Across merchants: all configs are sealed anew.
      const all = configsAmong(acrossMerchants(db));
      const behind = all.where("id", ">", id).where("config_data", "like", sealedTexts);
      return (await behind.orderBy("id").limit(limit).execute()).map(configOf);
    },
  };
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
    active: row.status === 1,
  };
}
