import type { Clock } from "../clock.ts";
import type { Account, StoredConfig } from "../domain/config.ts";
import type { Provider } from "../domain/provider.ts";
import { GatewayError } from "../errors.ts";
import { memoize } from "../memoize.ts";
import { isEncrypted } from "../providers/credentials.ts";
import { raiseAnomalyOnce } from "../storage/anomalies.ts";
import type { Database } from "../storage/database.ts";
import { saveConfigAccount } from "../storage/payment-configs.ts";

/** `changed`: the stored credentials have changed since they were read. */
export type ConfigAccount = { kind: "known"; account: Account } | { kind: "changed" };

/**
 * Finds the provider account of a config. The provider is asked once, and the answer is stored with the row; the
 * account of a row never changes. Encrypted credentials belong to the row's account, because that was checked before
 * they were encrypted. Plain JSON in an existing row was written there by hand and may belong to any account.
 */
export function accountsOf({ db, clock }: { db: Database; clock: Clock }) {
  const learnt = memoize<ConfigAccount>(Number.POSITIVE_INFINITY);
  const compared = memoize<boolean>(Number.POSITIVE_INFINITY);

  async function learn(config: StoredConfig, adapter: Provider): Promise<ConfigAccount> {
    const account = await askAccount(adapter);
    return (await saveConfigAccount(db, config, account)) ? { kind: "known", account } : { kind: "changed" };
  }

  /** Raises one anomaly per config, however often its credentials are tried. */
  async function isItsOwn(config: StoredConfig, adapter: Provider): Promise<boolean> {
    const said = await askAccount(adapter);
    if (said.account === config.account && said.livemode === (config.livemode ?? said.livemode)) return true;
    const { id: configId, userId, provider, account } = config;
    const detail = {
      account,
      advice: "plain credentials of another account were written over this config: use config set",
    };
    const anomaly = { kind: "config_overwritten", userId, configId, provider };
    await raiseAnomalyOnce(db, { ...anomaly, orderNo: null, detail }, clock.now());
    return false;
  }

  return {
    /** Whether the provider must be asked for the account before these credentials may be used. */
    mustAsk: (config: StoredConfig) => config.account === null || !isEncrypted(config),

    /**
     * Throws `config_not_found` for credentials of another account than the row's, or the error of the provider call.
     */
    async of(config: StoredConfig, key: string, adapter: Provider): Promise<ConfigAccount> {
      const { account, name, provider } = config;
      if (account === null) return learnt(key, () => learn(config, adapter));
      // mutation: overwritten-config-refused
      if (!isEncrypted(config) && !(await compared(key, () => isItsOwn(config, adapter)))) {
        const wrong = `the ${provider} config "${name}" was overwritten with credentials of another account`;
        throw new GatewayError("config_not_found", `${wrong}: use config set`);
      }
      return { kind: "known", account: { account, livemode: config.livemode ?? adapter.livemode } };
    },

    /** Whether plain credentials belong to the row's account. Passes on errors of the provider call. */
    async isItsOwn(config: StoredConfig, key: string, adapter: Provider): Promise<boolean> {
      return config.account === null || (await compared(key, () => isItsOwn(config, adapter)));
    },
  };
}

async function askAccount(adapter: Provider): Promise<Account> {
  return { account: await adapter.account(), livemode: adapter.livemode };
}
