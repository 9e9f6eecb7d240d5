import { GatewayError } from "../errors.ts";
import type { Anomalies } from "../payment/anomaly.ts";
import type { Account, ConfigRows, StoredConfig } from "../payment/config-ports.ts";
import type { Provider } from "../payment/provider.ts";
import { isSealed } from "./credentials.ts";
import { remembering } from "./remembering.ts";

export type AccountDependencies = {
  rows: Pick<ConfigRows, "saveAccount">;
  anomalies: Pick<Anomalies, "raiseOnce">;
  clock: { now(): Date };
};

/** `changed`: they are other credentials by now than were read. */
export type KnownAccount = { kind: "known"; account: Account } | { kind: "changed" };

/**
 * Which account a config speaks for. It is asked from the provider once and kept with the row; a row has one account for
 * ever. Sealed credentials are of the row's account, because whoever sealed them has compared; plain JSON over an existing
 * row is whatever somebody wrote there by hand.
 */
export function accountsOf({ rows, anomalies, clock }: AccountDependencies) {
  const learnt = remembering<KnownAccount>(Number.POSITIVE_INFINITY);
  const compared = remembering<boolean>(Number.POSITIVE_INFINITY);

  async function learn(config: StoredConfig, adapter: Provider): Promise<KnownAccount> {
    const account = await tell(adapter);
    return (await rows.saveAccount(config, account)) ? { kind: "known", account } : { kind: "changed" };
  }

  /** One anomaly stands for the config, however often its credentials are tried. */
  async function isItsOwn(config: StoredConfig, adapter: Provider): Promise<boolean> {
    const said = await tell(adapter);
    if (said.account === config.account && said.livemode === (config.livemode ?? said.livemode)) return true;
    const { id: configId, userId, provider, account } = config;
    const detail = {
      account,
      advice: "plain credentials of another account were written over it: use config set",
    };
    const anomaly = { kind: "config_overwritten", userId, configId, provider };
    await anomalies.raiseOnce({ ...anomaly, orderNo: null, detail }, clock.now());
    return false;
  }

  return {
    /** Whether the account has to be asked for, or compared, before these credentials may be used. */
    mustAsk: (config: StoredConfig) => config.account === null || !isSealed(config),

    /** Throws `config_not_found` for credentials of another account than the row's, and what asking the provider throws. */
    async of(config: StoredConfig, key: string, adapter: Provider): Promise<KnownAccount> {
      const { account, name, provider } = config;
      if (account === null) return learnt(key, () => learn(config, adapter));
      // mutation: overwritten-config-refused
      if (!isSealed(config) && !(await compared(key, () => isItsOwn(config, adapter)))) {
        const message = `the ${provider} config "${name}" was overwritten with credentials of another account: use config set`;
        throw new GatewayError("config_not_found", message);
      }
      return { kind: "known", account: { account, livemode: config.livemode ?? adapter.livemode } };
    },

    /** Whether plain credentials are known to be of the row's account; false, too, while that cannot be told. */
    async isItsOwn(config: StoredConfig, key: string, adapter: Provider): Promise<boolean> {
      return config.account === null || (await compared(key, () => isItsOwn(config, adapter)));
    },
  };
}

async function tell(adapter: Provider): Promise<Account> {
  return { account: await adapter.account(), livemode: adapter.livemode };
}
