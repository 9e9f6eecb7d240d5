import { randomBytes } from "node:crypto";
import { Cluster } from "ioredis";
import { createPool, type RowDataPacket } from "mysql2/promise";
import { environmentSchema } from "../../lib/environment.ts";
import type { Gateway } from "../../lib/gateway.ts";
import { buildGateway } from "../../lib/open-gateway.ts";
import { runCommand } from "../../lib/ops/run-command.ts";
import type { ProviderName } from "../../lib/providers/registry.ts";
import { redisKey } from "../../lib/redis/locks.ts";
import type { KeyService } from "../../lib/vault/vault.ts";
import type { LedgerRow } from "../../scripts/sandbox/kernel/serve-simulator.ts";
import { simulators } from "../../scripts/sandbox/simulators.ts";
import { startSandbox } from "../../scripts/sandbox/start-sandbox.ts";
import { providerNames } from "../kits/kits.ts";
import type { World } from "../steps/world.ts";
import * as calls from "./calls.ts";
import { openEnvironments } from "./environments.ts";
import { hostileQueue } from "./hostile-queue.ts";
import { type MerchantAnswer, startMerchantEndpoint } from "./merchant-endpoint.ts";
import { simulatedClock } from "./simulated-clock.ts";

/** A webhook that a provider has sent and that has not reached the gateway yet. */
export type Webhook = { path: string; headers: Record<string, string>; body: string };

export type HistoryShop = {
  userId: string;
  username: string;
  apiKey: string;
  secret: string;
  inboxUrl: string;
  /** Two accounts at each provider, as its simulator names them. Each history starts with the first one set. */
  accounts: Record<ProviderName, [Account, Account]>;
};

type Account = Record<string, string>;

export type HistoryWorld = Awaited<ReturnType<typeof openHistoryWorld>>;

const publicUrl = "http://127.0.0.1:9";

/** The test world of random histories. All of it is real except time, the queues and the transport of webhooks. */
export async function openHistoryWorld(services: { DATABASE_URL: string; REDIS_URL: string }) {
  process.env.FAILPOINTS = "on";
  const clock = simulatedClock(new Date("2026-03-01T00:00:00Z"));
  const webhooks: Webhook[] = [];
  const sandbox = (await startSandbox({
    clock,
    retryScale: 1,
    async post({ url, headers = {}, body = "" }) {
      webhooks.push({ path: new URL(url).pathname, headers, body });
      return { status: 200, body: "success" };
    },
  })) as World["sandbox"];
  const endpoint = await startMerchantEndpoint(clock);
  const database = new URL(services.DATABASE_URL);
  const connection = {
    host: database.hostname,
    port: Number(database.port),
    database: database.pathname.slice(1),
    user: database.username,
    password: database.password,
  };
  const redisUrl = new URL(services.REDIS_URL);
  const environment = environmentSchema.parse({
    STAGE: "local",
    PUBLIC_URL: publicUrl,
    CORS_ORIGINS: "none",
    DB_HOST: connection.host,
    DB_PORT: connection.port,
    DB_NAME: connection.database,
    DB_SECRET_ARN: "unused",
    DB_TLS: "off",
    REDIS_HOST: redisUrl.hostname,
    REDIS_PORT: redisUrl.port,
    REDIS_TLS: "off",
    NOTIFY_QUEUE_URL: "http://127.0.0.1:9/notify",
    POLL_QUEUE_URL: "http://127.0.0.1:9/poll",
    KMS_KEY_IDS: "unused",
    PROVIDER_BASE_URLS: JSON.stringify(sandbox.simulators),
    LOOPBACK_ENDPOINTS: endpoint.host,
  });
  const queues = { notify: hostileQueue("notify", clock), poll: hostileQueue("poll", clock) };
  const cachePrefix = `${connection.database}:`;
  const parts = { database: async () => connection, clock, keys: keysInMemory(), cachePrefix, queues };
  const build = () => buildGateway(environment, parts);
  const pool = createPool({
    ...connection,
    timezone: "Z",
    supportBigNumbers: true,
    bigNumberStrings: true,
    connectionLimit: 2,
  });
  const redis = new Cluster([services.REDIS_URL]);
  // Some tests kill Redis on purpose.
  redis.on("error", () => {});

  const setUp = build();
  const shops = [await openShop(setUp, sandbox, endpoint.url), await openShop(setUp, sandbox, endpoint.url)];
  await setUp.close();

  let histories = 0;
  const world = {
    nextNumber: () => ++histories,
    /** The current action, reported if it never ends. */
    doing: "",
    clock,
    shops,
    webhooks,
    queues,
    redis,
    cachePrefix,
    endpoint,
    /** Replaced for each history, so that nothing cached in a process affects the next one. */
    environments: openEnvironments(build),
    async query(sql: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
      const [rows] = await pool.query<RowDataPacket[]>(sql, values);
      return rows;
    },
    async tell(provider: ProviderName, command: string, body: object): Promise<boolean> {
      const answer = await fetch(`${sandbox.simulators[provider]}/_sim/${command}`, {
        method: "POST",
        body: JSON.stringify(body),
      });
      await answer.arrayBuffer();
      await webhooksAreOut();
      return answer.ok;
    },
    async ledger(provider: ProviderName): Promise<LedgerRow[]> {
      return (await (await fetch(`${sandbox.simulators[provider]}/_sim/payments`)).json()) as LedgerRow[];
    },
    merchantAnswers: (shop: HistoryShop, answer: MerchantAnswer) => endpoint.answers(shop.username, answer),
    /** Corrupts Redis: deletes the delivery locks, sets locks that nobody releases, or keys of another type. */
    async disturbRedis(how: "empty" | "stale-locks" | "wrong-types"): Promise<void> {
      for (const { id, user_id } of await world.query("SELECT id, user_id FROM deliveries")) {
        const key = redisKey(cachePrefix, String(user_id), `deliver:${id}`);
        // In one transaction, because a delivery may take its lock in between.
        const changes = redis.multi().del(key);
        if (how === "stale-locks") changes.set(key, "nobody");
        if (how === "wrong-types") changes.rpush(key, "a list");
        await changes.exec();
      }
    },
    async passes(seconds: number): Promise<void> {
      clock.advance(seconds * 1000);
      await webhooksAreOut();
    },
    /** Removes all traces of a history; merchants and their configs stay. */
    async clear(): Promise<void> {
      await world.environments.close();
      // Scheduled actions of the simulators for old payments run now; their webhooks are dropped below.
      clock.advance(4 * 24 * 3600 * 1000);
      await webhooksAreOut();
      webhooks.length = 0;
      for (const queue of Object.values(queues)) {
        queue.waiting.length = 0;
        queue.down = false;
      }
      endpoint.purge();
      for (const provider of providerNames) await world.tell(provider, "faults", {});
      await pool.query(`SET foreign_key_checks = 0`);
      for (const table of historyTables) await pool.query(`DELETE FROM ${table}`);
      world.environments = openEnvironments(build);
      for (const shop of shops) await setFirstAccounts(world, shop);
    },
    async stop(): Promise<void> {
      await world.environments.close();
      endpoint.stop();
      redis.disconnect();
      await pool.end();
      await sandbox.stop();
    },
  };
  return world;
}

const historyTables = [
  "delivery_attempts",
  "deliveries",
  "payment_logs",
  "webhook_events",
  "refunds",
  "provider_requests",
  "anomalies",
  "payment_orders",
];

/** Waits for webhooks: the simulators send one in the event loop turn after the one that caused it. */
async function webhooksAreOut(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function openShop(
  gateway: Gateway,
  sandbox: { simulators: Record<ProviderName, string> },
  inboxUrl: (merchant: string) => string,
): Promise<HistoryShop> {
  const username = `shop-${randomBytes(4).toString("hex")}`;
  const ops = async (command: string, args: object): Promise<Record<string, string>> => {
    const answer = await runCommand(gateway, command, args);
    if (!answer.ok) throw new Error(`${command}: ${answer.message}`);
    return answer.data as Record<string, string>;
  };
  const merchant = await ops("merchant create", { username, notify_url: inboxUrl(username) });
  const { api_key: apiKey } = await ops("key create", { merchant: username });
  const accounts = {} as HistoryShop["accounts"];
  for (const provider of providerNames) {
    const url = sandbox.simulators[provider];
    const first = await post(`${url}/_sim/accounts`, "{}");
    const second = await post(`${url}/_sim/accounts`, "{}");
    accounts[provider] = [first, second];
    const endpoints = new Set<string>();
    for (const [name, account] of [
      ["default", first],
      ["second", first],
      ["default", second],
      ["default", first],
    ] as const) {
      const data = JSON.stringify(calls.withoutName(account));
      const { config_id } = await ops("config set", { merchant: username, provider, name, data });
      const webhook = `${publicUrl}/api/v1/public/notify/${provider}/${config_id}`;
      if (simulators[provider]?.hasEndpoints && !endpoints.has(webhook))
        await post(`${url}/_sim/endpoint`, JSON.stringify({ account: account.account, url: webhook }));
      endpoints.add(webhook);
    }
    // Caches the account's name, so that the first call of a history makes no more requests than later ones.
    await gateway.configs.choose(merchant.user_id!, provider, "default");
    await gateway.configs.choose(merchant.user_id!, provider, "second");
  }
  return {
    userId: merchant.user_id!,
    username,
    apiKey: apiKey!,
    secret: merchant.webhook_secret!,
    inboxUrl: inboxUrl(username),
    accounts,
  };
}

/** Sets every config to the first account, with which each history starts. */
async function setFirstAccounts(world: HistoryWorld, shop: HistoryShop): Promise<void> {
  for (const provider of providerNames) {
    const work = calls.setConfig(shop, provider, shop.accounts[provider][0]);
    const set = await world.environments.run("config set", work);
    if (set.kind !== "done") throw new Error(`the first account could not be set: ${JSON.stringify(set)}`);
  }
}

async function post(url: string, body: string): Promise<Record<string, string>> {
  const answer = await fetch(url, { method: "POST", body });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as Record<string, string>;
}

/** A key service without a network, which would cost a millisecond per call; the real one has its own tests. */
function keysInMemory(): KeyService {
  const stored = new Map<string, Buffer>();
  return {
    async generate() {
      const wrapped = randomBytes(16);
      const plain = randomBytes(32);
      stored.set(wrapped.toString("hex"), plain);
      return { plain, wrapped };
    },
    async unwrap(wrapped) {
      const plain = stored.get(Buffer.from(wrapped).toString("hex"));
      if (!plain) throw new Error("no such key");
      return plain;
    },
  };
}
