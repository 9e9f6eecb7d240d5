import { randomUUID } from "node:crypto";
import { createConnection } from "mysql2/promise";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { type KmsKey, startKms } from "../../scripts/local/host/stand-ins/kms.ts";
import { startSecretsManager } from "../../scripts/local/host/stand-ins/secrets-manager.ts";
import { simulators } from "../../scripts/sandbox/simulators.ts";
import { type Sandbox, startSandbox } from "../../scripts/sandbox/start-sandbox.ts";
import { type Front, type Invoke, invoke, startFront } from "./front.ts";
import { type MovableClock, movableClock } from "./movable-clock.ts";
import { openQueues, type TestQueues } from "./queues.ts";

/** A merchant with a config for each simulator that it was opened with. */
export type Shop = {
  userId: string;
  username: string;
  apiKey: string;
  webhookSecret: string;
  inboxUrl: string;
  configs: Record<string, string>;
  accounts: Record<string, Record<string, string>>;
};

export type World = {
  clock: MovableClock;
  front: Front;
  sandbox: Sandbox & { simulators: Record<ProviderName, string> };
  queues: TestQueues;
  /** At first the gateway is configured with the first key only. */
  kmsKeys: KmsKey[];
  /** Advances the clocks of the gateway, the queues and the simulators. */
  passes(seconds: number): Promise<void>;
  ops<T>(command: string, args: Record<string, unknown>): Promise<T>;
  /** A merchant with a config for these providers, by default for all; generating keys makes this slow. */
  openShop(...providers: ProviderName[]): Promise<Shop>;
  stop(): Promise<void>;
};

const secretArn = "arn:aws:secretsmanager:local:000000000000:secret:database";
const aKmsKey = (id: string): KmsKey => ({ id, arn: `arn:aws:kms:local:000000000000:key/${id}` });

/**
 * Everything around the functions, real or simulated over HTTP, and the environment variables that the stack would set.
 * One world per test file, because the functions read their environment once per process. `run` replaces how a function
 * is called; by default it runs in this process.
 */
export async function openWorld(run: Invoke = invoke): Promise<World> {
  await keepMerchantsApart();
  const clock = movableClock();
  const sandbox = (await startSandbox({ clock })) as World["sandbox"];
  const queues = await openQueues(run);
  const front = await startFront(clock, run);
  const stored = new Map<string, string>();
  const kmsKeys = [aKmsKey("credentials"), aKmsKey("credentials-2")];
  const kms = await startKms(kmsKeys, {
    get: (name, make) => stored.get(name) ?? stored.set(name, make()).get(name)!,
  });
  const database = new URL(process.env.DATABASE_URL!);
  const account = { username: database.username, password: database.password };
  const secrets = await startSecretsManager(new Map([[secretArn, JSON.stringify(account)]]));
  const redis = new URL(process.env.REDIS_URL!);
  Object.assign(process.env, {
    STAGE: "local",
    PUBLIC_URL: front.url,
    CORS_ORIGINS: "none",
    DB_HOST: database.hostname,
    DB_PORT: database.port,
    DB_NAME: database.pathname.slice(1),
    DB_SECRET_ARN: secretArn,
    DB_TLS: "off",
    REDIS_HOST: redis.hostname,
    REDIS_PORT: redis.port,
    REDIS_TLS: "off",
    NOTIFY_QUEUE_URL: queues.notifyUrl,
    POLL_QUEUE_URL: queues.pollUrl,
    KMS_KEY_IDS: kmsKeys[0]?.arn,
    PROVIDER_BASE_URLS: JSON.stringify(sandbox.simulators),
    LOOPBACK_ENDPOINTS: new URL(sandbox.url).host,
    AWS_ENDPOINT_URL_SQS: process.env.SQS_ENDPOINT,
    AWS_ENDPOINT_URL_KMS: kms.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
  });

  const ops = async <T>(command: string, args: Record<string, unknown>): Promise<T> => {
    const answer = (await invoke("ops", { command, args })) as { ok: boolean; data: T; message?: string };
    if (!answer.ok) throw new Error(`${command}: ${answer.message}`);
    return answer.data;
  };

  return {
    clock,
    front,
    sandbox,
    queues,
    kmsKeys,
    ops,
    async passes(seconds) {
      clock.advance(seconds * 1000);
      await queues.advance(seconds * 1000);
    },
    openShop: (...providers) => openShop(sandbox, front, ops, providers),
    async stop() {
      front.stop();
      kms.stop();
      secrets.stop();
      await sandbox.stop();
    },
  };
}

/** The workers share one Redis, whose keys contain merchant ids, so each worker gets its own range of ids. */
export async function keepMerchantsApart(): Promise<void> {
  const connection = await createConnection({ uri: process.env.DATABASE_URL! });
  await connection.query(
    `ALTER TABLE users AUTO_INCREMENT = ${Number(process.env.VITEST_POOL_ID ?? 1)}000000`,
  );
  await connection.end();
}

async function openShop(
  sandbox: Sandbox,
  front: Front,
  ops: World["ops"],
  input: ProviderName[],
): Promise<Shop> {
  const username = `shop-${randomUUID().slice(0, 8)}`;
  const inboxUrl = sandbox.inboxUrl(username);
  const merchant = await ops<{ user_id: string; webhook_secret: string }>("merchant create", {
    username,
    notify_url: inboxUrl,
    rate_limit: "none",
  });
  const { api_key } = await ops<{ api_key: string }>("key create", { merchant: username });
  const configs: Record<string, string> = {};
  const accounts: Record<string, Record<string, string>> = {};
  for (const [provider, url] of Object.entries(sandbox.simulators)) {
    if (input.length > 0 && !input.some((name) => name === provider)) continue;
    const { account, ...credentials } = await post<Record<string, string>>(`${url}/_sim/accounts`, {});
    const { config_id } = await ops<{ config_id: string }>("config set", {
      merchant: username,
      provider,
      data: JSON.stringify(credentials),
    });
    configs[provider] = config_id;
    accounts[provider] = { ...credentials, ...(account && { account }) };
    if (simulators[provider]?.hasEndpoints) {
      const webhook = `${front.url}/api/v1/public/notify/${provider}/${config_id}`;
      await post(`${url}/_sim/endpoint`, { account, url: webhook });
    }
  }
  const { user_id: userId, webhook_secret: webhookSecret } = merchant;
  return { userId, username, apiKey: api_key, webhookSecret, inboxUrl, configs, accounts };
}

/** POSTs JSON and returns the parsed response; throws on any status other than 2xx. */
export async function post<T>(url: string, body: unknown): Promise<T> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}
