import { type Selectable, sql } from "kysely";
import type { Account, ConfigRows, ConfigState, StoredConfig } from "../payment/config-ports.ts";
import { type Database, isDuplicate, transact } from "./database.ts";
import { acrossMerchants, ofMerchant, type Rows } from "./of-merchant.ts";
import type { PaymentConfigsTable } from "./tables.ts";

export interface PaymentConfigs extends ConfigRows {
  listAll(userId: string): Promise<StoredConfig[]>;
  /**
   * Makes the row first, so that its id can be part of its webhook URL and of what its credentials are sealed for. It has
   * no credentials and no claim on its name until `put`.
   */
  create(userId: string, provider: string, name: string, now: Date): Promise<string>;
  /**
   * Stores other credentials over the version that was read, under the next version, and makes the config the active one
   * of its name; `replaces` had the name until now. `false`: somebody else has changed one of them.
   */
  put(config: StoredConfig, credentials: NewCredentials, now: Date): Promise<boolean>;
  /** Forgets one that was made and never got credentials. */
  discard(config: StoredConfig): Promise<void>;
  /** Stores the same credentials, sealed anew, over the very text that was read. `false`: somebody has changed them. */
  reseal(config: StoredConfig, sealed: string, now: Date): Promise<boolean>;
  /** Lets an active config be disabled, or the other way round; no other state is left so. */
  setActive(userId: string, id: string, active: boolean, now: Date): Promise<boolean>;
  /** Those behind this id that somebody wrote as plain JSON; what is not even that is left as it is. */
  unsealed(after: string, limit: number): Promise<StoredConfig[]>;
  /** Every merchant's that are sealed, by id, behind this one. */
  sealedAfter(id: string, limit: number): Promise<StoredConfig[]>;
}

export type NewCredentials = {
  sealed: string;
  /** `null`: the provider could not be asked yet. */
  account: Account | null;
  replaces: StoredConfig | null;
};

/** Thrown inside the transaction, so that a config that could not take the name leaves the one that has it. */
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

const sealedTexts = '{"sealed":%';
/** The credentials of a config that is being made, and of one that is retired. */
export const noCredentials = "{}";
/** A config's state as its row holds it. */
export const states = {
  disabled: 0,
  active: 1,
  replaced: 2,
  retired: 3,
} as const satisfies Record<ConfigState, number>;

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
    async saveAccount(config, { account, livemode }) {
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
    },
    async create(userId, provider, name, now) {
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
    },
    put: (config, credentials, now) => put(db, config, credentials, now),
    async discard({ userId, id, version }) {
      await ofMerchant(db, userId)
        .deleteFrom("payment_configs")
        .where("id", "=", id)
        .where("version", "=", version)
        .where("config_data", "=", noCredentials)
        .where("account", "is", null)
        .execute();
    },
    async reseal(config, sealed, now) {
      const saved = await ofMerchant(db, config.userId)
        .updateTable("payment_configs")
        .set({ config_data: sealed, updated_at: now })
        .where("id", "=", config.id)
        // mutation: config-update-version
        .where("version", "=", config.version)
        // mutation: config-reseal-data
        .where("config_data", "=", config.data)
        .executeTakeFirstOrThrow();
      return saved.numUpdatedRows === 1n;
    },
    async setActive(userId, id, active, now) {
      const set = { status: active ? states.active : states.disabled, updated_at: now };
      const saved = await /* mutation: config-disable-owner */ ofMerchant(db, userId)
        .updateTable("payment_configs")
        .set(set)
        .where("id", "=", id)
        // mutation: config-enabled-state
        .where("status", "in", [states.active, states.disabled])
        .executeTakeFirstOrThrow();
      return saved.numUpdatedRows === 1n;
    },
    async unsealed(after, limit) {
      // Across merchants: the sweeper seals for all.
      return (
        await configsAmong(acrossMerchants(db))
          .where("config_data", "not like", sealedTexts)
          .where("config_data", "<>", noCredentials)
          // mutation: config-plain-json
          .where(sql`JSON_VALID(config_data)`, "=", 1)
          .where("id", ">", after)
          .orderBy("id")
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

async function put(
  db: Database,
  config: StoredConfig,
  credentials: NewCredentials,
  now: Date,
): Promise<boolean> {
  const { sealed, account, replaces } = credentials;
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
          config_data: sealed,
          version: eb("version", "+", 1),
          status: states.active,
          note: null,
          updated_at: now,
          ...(account && { account: account.account, livemode: account.livemode ? 1 : 0 }),
        }))
        // A row keeps its account for ever: its orders were made there.
        // mutation: config-account-kept
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

/** What somebody wrote by hand and is no state of ours creates nothing. */
function stateOf(status: number): ConfigState {
  const found = Object.entries(states).find(([, code]) => code === status);
  return (found?.[0] as ConfigState | undefined) ?? "disabled";
}
