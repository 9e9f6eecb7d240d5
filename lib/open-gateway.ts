import { type WaitingClock, wallClock } from "./clock.ts";
import { notificationSender, whyUnsendable } from "./deliveries/send-notification.ts";
import { type Environment, environmentSchema, loopbackEndpointsOf, providerBaseUrls } from "./environment.ts";
import type { Gateway } from "./gateway.ts";
import { healthCheck } from "./health.ts";
import { failureLimit } from "./limits/failure-limit.ts";
import { rateLimit } from "./limits/rate-limit.ts";
import { authenticator } from "./merchants/authenticate.ts";
import { openConfigs } from "./merchants/configs.ts";
import { pollLimiter } from "./payments/poll-limiter.ts";
import { notifiesOnlyOwnOrders, sceneOf, scenesOf } from "./providers/registry.ts";
import { gatewayWakeUps } from "./queue/gateway-wake-ups.ts";
import { sqsClient, type WakeUpQueue, wakeUpQueue } from "./queue/wake-up-queue.ts";
import { redisLocks } from "./redis/locks.ts";
import { openCache } from "./redis/redis.ts";
import { redisBuckets } from "./redis/shared-buckets.ts";
import { findApiKey, noteKeyUse } from "./storage/api-keys.ts";
import { connectionSource } from "./storage/aws-credentials.ts";
import { openDatabase } from "./storage/database.ts";
import type { ConnectionSource } from "./storage/single-connection.ts";
import { kmsKeys } from "./vault/kms.ts";
import { type KeyService, vaultWith } from "./vault/vault.ts";

/** What differs between a function on AWS and a test in one process. */
export type Parts = {
  database?: ConnectionSource;
  clock?: WaitingClock;
  keys?: KeyService;
  cachePrefix?: string;
  queues?: { notify: WakeUpQueue; poll: WakeUpQueue };
};

let opened: Gateway | undefined;

/** The gateway of this execution environment: read from the environment once, connected at first use. */
export function openGateway(): Gateway {
  opened ??= buildGateway(environmentSchema.parse(process.env));
  return opened;
}

/** Wires the real things together; nothing connects before it is used. */
export function buildGateway(environment: Environment, parts: Parts = {}): Gateway {
  const clock = parts.clock ?? wallClock(environment.STAGE);
  const db = openDatabase(parts.database ?? connectionSource(databaseOf(environment)));
  const cache = openCache({
    host: environment.REDIS_HOST,
    port: environment.REDIS_PORT,
    tls: environment.REDIS_TLS === "on",
  });
  const sqs = sqsClient();
  const queues = parts.queues ?? {
    notify: wakeUpQueue(environment.NOTIFY_QUEUE_URL, sqs, clock),
    poll: wakeUpQueue(environment.POLL_QUEUE_URL, sqs, clock),
  };
  const vault = vaultWith(parts.keys ?? kmsKeys(environment.KMS_KEY_IDS));
  const publicUrl = environment.PUBLIC_URL;
  const baseUrls = providerBaseUrls(environment);
  const loopbackEndpoints = loopbackEndpointsOf(environment);
  const queueReachable = () => queues.notify.reachable();
  return {
    clock,
    db,
    vault,
    publicUrl,
    baseUrls,
    loopbackEndpoints,
    configs: openConfigs({ db, vault, clock, baseUrls, publicUrl }),
    wakeUps: gatewayWakeUps(queues),
    pollLimiter: pollLimiter(),
    locks: redisLocks(cache, parts.cachePrefix),
    authenticate: authenticator(
      { find: (key) => findApiKey(db, key), noteUse: (key, at) => noteKeyUse(db, key, at) },
      clock,
    ),
    webhookFailures: failureLimit(clock, ["notification_refused", "notification_malformed"]),
    rateLimit: rateLimit(redisBuckets(cache, parts.cachePrefix), clock),
    send: notificationSender({ loopbackEndpoints }),
    whyUnsendable: (url) => whyUnsendable(url, loopbackEndpoints),
    scenesOf,
    lifeOf: sceneOf,
    notifiesOnlyOwnOrders,
    health: healthCheck({ clock, db, cache, queueReachable }),
    async close() {
      cache.close();
      sqs.destroy();
      await db.destroy();
    },
  };
}

function databaseOf(environment: Environment) {
  return {
    host: environment.DB_HOST,
    port: environment.DB_PORT,
    database: environment.DB_NAME,
    tls: environment.DB_TLS === "on",
    secretArn: environment.DB_SECRET_ARN,
  };
}
