import type { ZodType } from "zod";
import type { Clock } from "../clock.ts";
import type { Provider } from "../payment/provider.ts";

export type ProviderDependencies = {
  clock: Clock;
  /** Replaces the official host in the local stage; always a loopback URL without trailing slash. */
  baseUrl?: string | undefined;
  /** Where this config's webhooks come in; absent for credentials that are not stored yet. */
  webhookUrl?: string | undefined;
};

/** What a provider's folder exports: how its credentials look and how they become a `Provider`. */
export type ProviderModule<Credentials = unknown> = {
  /** Strict; `ops config set` and every opening of a stored config go through it. Keys must really parse. */
  credentials: ZodType<Credentials>;
  /** Strict schema of `extra_params` by scene. */
  extraParams: Record<string, ZodType<Record<string, unknown>>>;
  /** Fields without which payments could be made but their webhooks not verified; absent: none. */
  missing?(credentials: Credentials): string[];
  open(credentials: Credentials, dependencies: ProviderDependencies): Provider;
};
