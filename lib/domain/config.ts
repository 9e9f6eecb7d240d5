import type { Provider } from "./provider.ts";

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
