import type { StoredEvent } from "./event-ports.ts";
import type { Payment } from "./payment.ts";
import type { ParsedWebhook, Provider, WebhookCall } from "./provider.ts";

/** A provider account that a config's credentials belong to. Live and test mode are separate accounts. */
export type Account = { account: string; livemode: boolean };

/** A merchant's config with its provider opened. */
export type OpenConfig = Account & {
  id: string;
  name: string;
  userId: string;
  provider: string;
  /** Version of the credentials, increased by each change. */
  version: number;
  adapter: Provider;
  checkExtraParams(scene: string, extraParams: Record<string, unknown>): Record<string, unknown>;
};

export interface Configs {
  /** The active, complete configs of a merchant. */
  usable(userId: string): Promise<{ provider: string; name: string; adapter: Provider }[]>;
  /** The config a new payment uses; throws `config_not_found`. */
  choose(userId: string, provider: string, name: string | undefined): Promise<OpenConfig>;
  /**
   * A config, active or not, with credentials for the account of an existing payment: the one that created it, or
   * another config of this merchant and account. Throws `config_not_found`.
   */
  of(payment: Payment): Promise<OpenConfig>;
  /**
   * Verifies and parses a webhook that was posted to this config. Before it is verified, no call is made and nothing
   * is written. Also throws `notification_refused` if the provider has no such config.
   */
  parseWebhook(
    provider: string,
    configId: string,
    call: WebhookCall,
  ): Promise<{ config: OpenConfig; parsed: ParsedWebhook }>;
  /** Parses a stored webhook of this config. It was verified when it was received and is not verified again. */
  read(event: StoredEvent, body: Buffer): Promise<{ config: OpenConfig; parsed: ParsedWebhook }>;
}

export const configStates = ["disabled", "active", "replaced", "retired"] as const;

/**
 * - `active`: used for new payments
 * - `disabled`: creates no payments, everything else works
 * - `replaced`: a config of another account took over its name; creates no payments, its own orders still use it
 * - `retired`: ended by an operator, its credentials are deleted.
 */
export type ConfigState = (typeof configStates)[number];

/** A config as it is stored. */
export type StoredConfig = {
  id: string;
  userId: string;
  provider: string;
  name: string;
  data: string;
  version: number;
  account: string | null;
  /** `null` until the account is known. */
  livemode: boolean | null;
  state: ConfigState;
  updatedAt: Date;
};

export interface ConfigRows {
  list(userId: string, provider: string): Promise<StoredConfig[]>;
  byId(id: string): Promise<StoredConfig | null>;
  /** `false`: the credentials were replaced meanwhile, or another account is stored already. */
  saveAccount(config: StoredConfig, account: Account): Promise<boolean>;
}
