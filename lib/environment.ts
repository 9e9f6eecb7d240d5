import * as z from "zod";
import { isLoopbackHost } from "./loopback.ts";

const url = z.url();

/**
 * The environment variables of every function. Infra sets exactly these (a test compares), `openGateway` reads them once.
 * Ports and TLS come from the template too, so that the same bundles run on AWS and on one machine.
 */
export const environmentSchema = z.object({
  STAGE: z.enum(["local", "dev", "prod"]),
  /** Origin that providers and buyers reach us at, without a trailing slash. */
  PUBLIC_URL: url,
  /** Origins whose pages may read the API reference, comma-separated, or `none`. */
  CORS_ORIGINS: z
    .string()
    .min(1)
    .transform((text) => (text === "none" ? [] : text.split(","))),
  DB_HOST: z.string().min(1),
  DB_PORT: z.coerce.number().int(),
  DB_NAME: z.string().min(1),
  /** ARN of a secret `{"username","password"}`. */
  DB_SECRET_ARN: z.string().min(1),
  DB_TLS: z.enum(["on", "off"]),
  REDIS_HOST: z.string().min(1),
  REDIS_PORT: z.coerce.number().int(),
  REDIS_TLS: z.enum(["on", "off"]),
  NOTIFY_QUEUE_URL: url,
  POLL_QUEUE_URL: url,
  /** ARNs, comma-separated. The first key encrypts; each decrypts what it has encrypted. */
  KMS_KEY_IDS: z
    .string()
    .min(1)
    .transform((text) => text.split(",")),
  /** Local stage only: JSON `{"alipay":"http://127.0.0.1:…",…}`; loopback hosts only, asserted. */
  PROVIDER_BASE_URLS: z.string().optional(),
  /** Local stage only: comma-separated `host:port` of loopback endpoints that may be notified over plain http. */
  LOOPBACK_ENDPOINTS: z.string().optional(),
});

export type Environment = z.infer<typeof environmentSchema>;

/** The migrate function connects as the schema's owner (`DB_SECRET_ARN`) and makes the account of the others. */
export const migrateEnvironmentSchema = environmentSchema
  .pick({ STAGE: true, DB_HOST: true, DB_PORT: true, DB_NAME: true, DB_SECRET_ARN: true, DB_TLS: true })
  .extend({
    /** ARN of the secret that every other function has as its `DB_SECRET_ARN`. */
    APP_SECRET_ARN: z.string().min(1),
  });

export type MigrateEnvironment = z.infer<typeof migrateEnvironmentSchema>;

/** A setting that cannot be read, or that the stage does not allow: no function starts with it. */
export class SettingError extends Error {
  override readonly name = "SettingError";
}

const simulators = z
  .string()
  .transform((text) => parse(text))
  .pipe(
    z.record(
      z.string(),
      z.string().refine((text) => isLoopbackHost(URL.parse(text)?.hostname ?? "")),
    ),
  );

/** Simulators instead of the official hosts: in the local stage only, and on this machine only. */
export function providerBaseUrls({
  STAGE,
  PROVIDER_BASE_URLS,
}: Pick<Environment, "STAGE" | "PROVIDER_BASE_URLS">): Record<string, string> {
  if (PROVIDER_BASE_URLS === undefined) return {};
  const { data } = simulators.safeParse(PROVIDER_BASE_URLS);
  if (/* mutation: simulators-local-only */ STAGE === "local" && data) return data;
  throw new SettingError(
    "provider base URLs may be set in the local stage only, as JSON, to loopback hosts only",
  );
}

export function loopbackEndpointsOf({
  STAGE,
  LOOPBACK_ENDPOINTS,
}: Pick<Environment, "STAGE" | "LOOPBACK_ENDPOINTS">): ReadonlySet<string> {
  const endpoints = (LOOPBACK_ENDPOINTS ?? "").split(",").filter(Boolean);
  if (endpoints.length === 0) return new Set();
  if (STAGE === "local" && endpoints.every((endpoint) => isLoopbackHost(endpoint.replace(/:\d+$/, ""))))
    return new Set(endpoints);
  throw new SettingError(
    "plain http notifications may be sent in the local stage only, to loopback hosts only",
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
