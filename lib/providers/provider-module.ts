import type { ZodType } from "zod";
import type { Clock } from "../clock.ts";
import type { Provider } from "../domain/provider.ts";

export type ProviderDependencies = {
  clock: Clock;
  /** Replaces the official host in the local stage; always a loopback URL without trailing slash. */
  baseUrl?: string | undefined;
  /** URL at which this config receives webhooks; absent for credentials that are not stored yet. */
  webhookUrl?: string | undefined;
  /** The provider account of the credentials, as `Provider.account` returns it; absent before it is known. */
  account?: string | undefined;
};

/** What a provider's folder exports: the schema of its credentials, and how they become a `Provider`. */
export type ProviderModule<Credentials = unknown> = {
  /** Strict schema, used by `ops config set` and whenever a stored config is opened. Keys must really parse. */
  credentials: ZodType<Credentials>;
  /** Missing fields without which payments could be created but their webhooks not verified. Absent: never any. */
  missing?(credentials: Credentials): string[];
  /**
   * Whether both credentials belong to one account, judged by their own fields: for when the provider cannot be asked.
   * Absent: only the provider can tell.
   */
  sameAccount?(one: Credentials, other: Credentials): boolean;
  /**
   * The fields of the previous credentials to keep beside `changes`, the new credentials of the same account: fields
   * that `changes` omits, and replaced secrets that must be accepted for a while. A field that is `null` in `changes`
   * is dropped. Absent: nothing is kept.
   */
  carryOver?(before: Credentials, changes: Record<string, unknown>, now: Date): Partial<Credentials>;
  /**
   * The credentials without their webhook endpoint, so that `register` creates another; events that were signed for the
   * old endpoint are accepted while the provider may retry them. Absent: there is no endpoint to replace.
   */
  withoutWebhook?(credentials: Credentials, now: Date): Credentials;
  open(credentials: Credentials, dependencies: ProviderDependencies): Provider;
};
