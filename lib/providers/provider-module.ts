import type { ZodType } from "zod";
import type { Clock } from "../clock.ts";
import type { Provider } from "../payment/provider.ts";

export type ProviderDependencies = {
  clock: Clock;
  /** Replaces the official host in the local stage; always a loopback URL without trailing slash. */
  baseUrl?: string | undefined;
  /** Where this config's webhooks come in; absent for credentials that are not stored yet. */
  webhookUrl?: string | undefined;
  /** The account that the credentials speak for, as `Provider.account` tells it; absent before it is known. */
  account?: string | undefined;
};

/** What a provider's folder exports: how its credentials look and how they become a `Provider`. */
export type ProviderModule<Credentials = unknown> = {
  /** Strict; `ops config set` and every opening of a stored config go through it. Keys must really parse. */
  credentials: ZodType<Credentials>;
  /** Strict schema of `extra_params` by scene. */
  extraParams: Record<string, ZodType<Record<string, unknown>>>;
  /** Fields without which payments could be made but their webhooks not verified; absent: none. */
  missing?(credentials: Credentials): string[];
  /**
   * Whether both speak for one account, as far as they tell it themselves: for when the provider does not tell it.
   * Absent: only the provider tells.
   */
  sameAccount?(one: Credentials, other: Credentials): boolean;
  /**
   * What of the credentials before goes on beside `given`, new ones of the same account: what `given` leaves out, and what
   * must be accepted for longer. A field that `given` has as `null` is not to go on. Absent: nothing does.
   */
  carryOver?(before: Credentials, given: Record<string, unknown>, now: Date): Partial<Credentials>;
  /**
   * The credentials without their webhook endpoint, so that `register` makes another; what it signed is accepted
   * while the provider may send it again. Absent: there is no endpoint to replace.
   */
  withoutWebhook?(credentials: Credentials, now: Date): Credentials;
  open(credentials: Credentials, dependencies: ProviderDependencies): Provider;
};
