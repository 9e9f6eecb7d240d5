import { createHash } from "node:crypto";
import type { OpenConfig, StoredConfig } from "../domain/config.ts";
import type { Payment } from "../domain/payment.ts";
import type { Provider, WebhookCall } from "../domain/provider.ts";
import { webhookUrl } from "../domain/public-urls.ts";
import { isAccountOf } from "../domain/same-account.ts";
import type { StoredEvent } from "../domain/webhook-event.ts";
import { GatewayError } from "../errors.ts";
import { memoize } from "../memoize.ts";
import { checkExtraParams } from "../providers/check-extra-params.ts";
import {
  credentialsOf,
  isEncrypted,
  type OpeningDependencies,
  openProvider,
} from "../providers/credentials.ts";
import type { ProviderModule } from "../providers/provider-module.ts";
import { providers } from "../providers/registry.ts";
import type { Database } from "../storage/database.ts";
import { findConfig, listConfigs } from "../storage/payment-configs.ts";
import type { Vault } from "../vault/vault.ts";
import { chosen } from "./choose-config.ts";
import { accountsOf } from "./config-account.ts";

type ConfigDependencies = Pick<OpeningDependencies, "clock" | "baseUrls"> & {
  db: Database;
  vault: Vault;
  /** Origin of our public routes. */
  publicUrl: string;
};

/** How long a changed or disabled config may still be used, in milliseconds of real time. */
const cacheMs = 60_000;
/** A config is reloaded for a webhook that does not verify, or when none is usable, at most once in this interval. */
const reloadMs = 5_000;

type Opened = { adapter: Provider; module: ProviderModule };

export type Configs = ReturnType<typeof openConfigs>;

/** The merchants' configs with opened provider adapters. Rows are cached for 60 s, adapters until their row changes. */
export function openConfigs(dependencies: ConfigDependencies) {
  const { db } = dependencies;
  const lists = memoize<StoredConfig[]>(cacheMs);
  const single = memoize<StoredConfig | null>(cacheMs);
  const adapters = memoize<Opened>(Number.POSITIVE_INFINITY);
  const accounts = accountsOf(dependencies);
  const byId = (id: string) => single(id, () => findConfig(db, id));
  const listOf = (userId: string, provider: string) =>
    lists(`${userId}:${provider}`, () => listConfigs(db, userId, provider));

  const openedAsRead = async (config: StoredConfig) => ({
    config,
    ...(await adapters(stateOf(config), () => openAdapter(config, dependencies))),
  });

  /** An unusable row is read again: it may have been completed, or re-encrypted under another key, since we read it. */
  async function opened(asRead: StoredConfig): Promise<Opened & { config: StoredConfig }> {
    try {
      return await openedAsRead(asRead);
    } catch (error) {
      const { id } = asRead;
      const fresh = isUnusable(error)
        ? /* mutation: config-read-anew */ await single.renewed(id, reloadMs, () => findConfig(db, id))
        : null;
      if (
        fresh === null ||
        /* mutation: config-anew-owner */ !isOf(asRead, fresh) ||
        fresh.data === asRead.data
      )
        throw error;
      return openedAsRead(fresh);
    }
  }

  async function open(asRead: StoredConfig, readAgain = true): Promise<OpenConfig> {
    const { config, adapter } = await opened(asRead);
    const found = await accounts.of(config, stateOf(config), adapter);
    if (found.kind === "changed") {
      const fresh = readAgain ? await single.renewed(config.id, 0, () => findConfig(db, config.id)) : null;
      if (fresh && isOf(config, fresh)) return open(fresh, false);
      throw new GatewayError("unavailable", "the config is being changed: send the same request again");
    }
    const { account, livemode } = found.account;
    const knowing = await openedAsRead({ ...config, account, livemode });
    const { id, name, userId, provider, version } = config;
    return {
      ...{ id, name, userId, provider, account, livemode, version },
      adapter: knowing.adapter,
      checkExtraParams: (scene, extraParams) => checkExtraParams(provider, scene, extraParams),
    };
  }

  async function ownRow(
    { configId, userId, provider }: { configId: string; userId: string; provider: string },
    of: "order" | "event",
  ): Promise<StoredConfig> {
    const config = await byId(configId);
    if (config && isOf({ userId, provider }, config)) return config;
    throw new GatewayError("config_not_found", `the ${provider} config of this ${of} no longer exists`);
  }

  async function parseWebhook(provider: string, stored: StoredConfig | null, call: WebhookCall) {
    // mutation: webhook-config-provider
    if (stored?.provider !== provider)
      throw new GatewayError(/* mutation: webhook-config-absent */ "notification_refused", "no such config");
    // Finding the account calls the provider and writes the row, so the webhook is verified first: anybody can send
    // one.
    // mutation: webhook-account-signed
    if (accounts.mustAsk(stored)) await (await opened(stored)).adapter.parseWebhook(call, "");
    const config = await open(stored);
    return { config, parsed: await config.adapter.parseWebhook(call, config.account) };
  }

  return {
    /** The active, complete configs of a merchant. */
    async usable(userId: string) {
      const found = await Promise.all(Object.keys(providers).map((provider) => listOf(userId, provider)));
      const complete: { provider: string; name: string; adapter: Provider }[] = [];
      for (const config of found.flat().filter(({ state }) => state === "active")) {
        const overwrites = config.account !== null && !isEncrypted(config);
        const { adapter } = await (overwrites
          ? open(config).catch(unusable)
          : opened(config).catch(incomplete));
        if (adapter) complete.push({ provider: config.provider, name: config.name, adapter });
      }
      return complete;
    },
    /** The config a new payment uses; throws `config_not_found`. */
    async choose(userId: string, provider: string, name: string | undefined): Promise<OpenConfig> {
      const list = await listOf(userId, provider);
      try {
        return await open(chosen(list, provider, name));
      } catch (error) {
        // The config may have been set up or completed since we read the list.
        const fresh = isUnusable(error)
          ? await lists.renewed(`${userId}:${provider}`, reloadMs, () => listConfigs(db, userId, provider))
          : list;
        if (fresh === list) throw error;
        return await open(chosen(fresh, provider, name));
      }
    },
    /**
     * A config, active or not, with credentials for the account of an existing payment: the one that created it, or
     * another config of this merchant and account. Throws `config_not_found`.
     */
    async of(payment: Payment): Promise<OpenConfig> {
      const row = await ownRow(payment, "order");
      const refusals: unknown[] = [];
      // An unusable config must not end the search for another config of the same account.
      const speaking = async (candidate: StoredConfig): Promise<OpenConfig | null> => {
        if (candidate.state === "retired") return null;
        const config = await open(candidate).catch((error: unknown) => {
          if (!isUnusable(error)) throw error;
          refusals.push(error);
        });
        return config && /* mutation: order-account-credentials */ isAccountOf(payment, config)
          ? config
          : null;
      };
      const own = await speaking(row);
      if (own) return own;
      const { userId, provider, providerAccount: account } = payment;
      const siblings = (await listOf(userId, provider)).filter((other) => other.account === account);
      for (const sibling of siblings.filter(({ id }) => id !== row.id)) {
        const config = await speaking(sibling);
        if (config) return config;
      }
      if (refusals.length > 0) throw refusals[0];
      const wrong = `no ${provider} config has the account of this order any more`;
      throw new GatewayError("config_not_found", `${wrong}: add its credentials with config set`);
    },
    /** Parses a stored webhook of this config. It was verified when it was received and is not verified again. */
    async read(event: StoredEvent, body: Buffer) {
      const config = await open(await ownRow(event, "event"));
      return { config, parsed: config.adapter.read(body, config.account) };
    },
    /**
     * Verifies and parses a webhook that was posted to this config. Before it is verified, no call is made and nothing
     * is written. Also throws `notification_refused` if the provider has no such config.
     */
    async parseWebhook(provider: string, configId: string, call: WebhookCall) {
      const stored = await byId(configId);
      try {
        return await parseWebhook(provider, stored, call);
      } catch (error) {
        if (!isRefusal(error) && !isUnusable(error)) throw error;
        // The secret may have changed, or the config been created, since we read it. A missing config is reloaded as
        // often as an existing one, so that callers cannot find out which exist. The interval keeps a flood of forged
        // webhooks from becoming a flood of queries.
        const fresh = await single.renewed(configId, /* mutation: webhook-config-reload-gap */ reloadMs, () =>
          findConfig(db, configId),
        );
        if (fresh?.data === stored?.data) throw error;
        return await parseWebhook(provider, fresh, call);
      }
    },
    /** Whether plain credentials may be encrypted: only once they are known to belong to the row's account. */
    async mayBeEncrypted(config: StoredConfig): Promise<boolean> {
      if (config.account === null) return true;
      try {
        const { adapter } = await openedAsRead(config);
        // mutation: overwritten-config-encrypted
        return await accounts.isItsOwn(config, stateOf(config), adapter);
      } catch (error) {
        // A config that is incomplete, or whose provider cannot be asked now, waits for the next sweep.
        if (error instanceof GatewayError) return false;
        throw error;
      }
    },
  };
}

function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.failure === "notification_refused";
}

function isUnusable(error: unknown): boolean {
  return error instanceof GatewayError && error.failure === "config_not_found";
}

function incomplete(error: unknown): { adapter: null } {
  if (isUnusable(error)) return { adapter: null };
  throw error;
}

/** As `incomplete`, and also when the provider cannot be asked now. */
function unusable(error: unknown): { adapter: null } {
  if (error instanceof GatewayError) return { adapter: null };
  throw error;
}

type Whose = Pick<StoredConfig, "userId" | "provider">;

function isOf({ userId, provider }: Whose, config: Whose): boolean {
  return /* mutation: order-config-owner */ config.userId === userId && config.provider === provider;
}

/** Cache key of an adapter: a hash of everything that the adapter is built from. */
function stateOf({ id, userId, provider, data, account }: StoredConfig): string {
  return createHash("sha256")
    .update(JSON.stringify(/* mutation: config-open-owner */ [id, userId, provider, data, account]))
    .digest("base64");
}

async function openAdapter(config: StoredConfig, dependencies: ConfigDependencies): Promise<Opened> {
  const { provider, name, account, state } = config;
  if (state === "retired")
    throw new GatewayError("config_not_found", `the ${provider} config "${name}" is retired`);
  const credentials = await credentialsOf(config, dependencies.vault);
  const ours = { webhookUrl: webhookUrl(dependencies.publicUrl, config), account: account ?? undefined };
  const opening = { ...dependencies, ...ours };
  const { module, adapter, missing } = await openProvider({ provider, name, input: credentials }, opening);
  if (missing.length === 0) return { adapter, module };
  const lacks = `the ${provider} config "${name}" lacks ${missing.join(", ")}`;
  throw new GatewayError("config_not_found", lacks);
}
