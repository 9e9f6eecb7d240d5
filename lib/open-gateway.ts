import { type WaitingClock, wallClock } from "./clock.ts";
import { notificationSender, whyUnsendable } from "./deliveries/send-notification.ts";
import { type Environment, environmentSchema, loopbackEndpointsOf, providerBaseUrls } from "./environment.ts";
import { GatewayError } from "./errors.ts";
import { healthCheck } from "./health.ts";
import { failureLimit } from "./limits/failure-limit.ts";
import { rateLimit } from "./limits/rate-limit.ts";
import { type LogFields, log, nameOf } from "./log.ts";
import { authenticator } from "./merchants/authenticate.ts";
import type { OpenConfig, StoredConfig } from "./payments/config-ports.ts";
import type { StoredEvent } from "./payments/event-ports.ts";
import type { Payment } from "./payments/payment.ts";
import { pollLimiter } from "./payments/poll-limiter.ts";
import type { WakeUp } from "./payments/ports.ts";
import { configsOf } from "./providers/configs.ts";
import { credentialsOf, openProvider } from "./providers/credentials.ts";
import { lifeOf, scenesOf } from "./providers/registry.ts";
import {
  deliveryMessageOf,
  gatewayWakeUps,
  pollMessageOf,
  refundMessageOf,
} from "./queue/gateway-wake-ups.ts";
import { sqsClient, type WakeUpQueue, wakeUpQueue } from "./queue/wake-up-queue.ts";
import { redisLocks } from "./redis/locks.ts";
import { openCache } from "./redis/redis.ts";
import { redisBuckets } from "./redis/shared-buckets.ts";
import { anomaliesIn } from "./storage/anomalies.ts";
import { connectionSource } from "./storage/aws-credentials.ts";
import { callsIn } from "./storage/calls.ts";
import { openDatabase } from "./storage/database.ts";
import { deliveriesIn } from "./storage/deliveries.ts";
import { keyRowsIn, merchantsIn } from "./storage/merchants.ts";
import { ordersIn } from "./storage/orders.ts";
import { paymentConfigsIn } from "./storage/payment-configs.ts";
import { refundsIn } from "./storage/refunds.ts";
import { resend } from "./storage/resend.ts";
import type { ConnectionSource } from "./storage/single-connection.ts";
import type { DeliveryStatus } from "./storage/tables.ts";
import { timelineIn } from "./storage/timeline.ts";
import { factsIn } from "./storage/unmatched-facts.ts";
import { webhookEventsIn } from "./storage/webhook-events.ts";
import { kmsKeys } from "./vault/kms.ts";
import { type KeyService, vaultWith } from "./vault/vault.ts";

export type Gateway = ReturnType<typeof buildGateway>;

/** What differs between a function on AWS and a test in one process. */
export type Parts = {
  database?: ConnectionSource;
  clock?: WaitingClock;
  keys?: KeyService;
  cachePrefix?: string;
  queues?: Queues;
};

type Queues = { notify: WakeUpQueue; poll: WakeUpQueue };

let opened: Gateway | undefined;

/** The gateway of this execution environment: read from the environment once, connected at first use. */
export function openGateway(): Gateway {
  opened ??= buildGateway(environmentSchema.parse(process.env));
  return opened;
}

/** Wires the real things together; nothing connects before it is used. */
export function buildGateway(environment: Environment, parts: Parts = {}) {
  const clock = parts.clock ?? wallClock(environment.STAGE);
  const db = openDatabase(parts.database ?? connectionSource(databaseOf(environment)));
  const cache = openCache({
    host: environment.REDIS_HOST,
    port: environment.REDIS_PORT,
    tls: environment.REDIS_TLS === "on",
  });
  const sqs = sqsClient();
  const queues: Queues = parts.queues ?? {
    notify: wakeUpQueue(environment.NOTIFY_QUEUE_URL, sqs, clock),
    poll: wakeUpQueue(environment.POLL_QUEUE_URL, sqs, clock),
  };
  const vault = vaultWith(parts.keys ?? kmsKeys(environment.KMS_KEY_IDS));
  const configRows = paymentConfigsIn(db);
  const anomalies = anomaliesIn(db);
  const queueReachable = () => queues.notify.reachable();
  const loopbackEndpoints = loopbackEndpointsOf(environment);
  const baseUrls = providerBaseUrls(environment);

  /** An unavailable key service throws its own error. */
  async function openOrNull(encrypted: string, context: Record<string, string>, whose: LogFields) {
    try {
      return await vault.open(encrypted, context);
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      log.alarm("encrypted text cannot be decrypted", { ...whose, kind: context.field, ...nameOf(error) });
      return null;
    }
  }

  return {
    clock,
    db,
    cache,
    vault,
    configRows,
    loopbackEndpoints,
    publicUrl: environment.PUBLIC_URL,
    orders: ordersIn(db),
    refunds: refundsIn(db),
    events: webhookEventsIn(db),
    facts: factsIn(db),
    timeline: timelineIn(db),
    anomalies,
    merchants: merchantsIn(db),
    calls: callsIn(db),
    deliveries: deliveriesIn(db),
    configs: configsOf({
      ...{ rows: configRows, anomalies, vault, clock, baseUrls },
      publicUrl: environment.PUBLIC_URL,
    }),
    wakeUps: gatewayWakeUps(queues),
    pollLimiter: pollLimiter(),
    locks: redisLocks(cache, parts.cachePrefix),
    authenticate: authenticator(keyRowsIn(db), clock),
    webhookFailures: failureLimit(clock, ["notification_refused", "notification_malformed"]),
    rateLimit: rateLimit(redisBuckets(cache, parts.cachePrefix), clock),
    send: notificationSender({ loopbackEndpoints }),
    whyUnsendable: (url: string) => whyUnsendable(url, loopbackEndpoints),
    /** Empty if they cannot be decrypted: they were moved or changed, or their key was deleted. */
    notifySecrets: async (userId: string, encrypted: string | null): Promise<string[]> => {
      if (encrypted === null) return [];
      const opened = await openOrNull(encrypted, notifySecretContext(userId), { merchant: userId });
      return opened === null ? [] : JSON.parse(opened);
    },
    encryptBody: async (config: OpenConfig, body: Buffer): Promise<string | null> => {
      try {
        return await vault.encrypt(
          body.toString("base64"),
          webhookBodyContext({ ...config, configId: config.id }),
        );
      } catch (error) {
        log.warn("webhook body not encrypted", { config_id: config.id, ...nameOf(error) });
        return null;
      }
    },
    /** `null`: it cannot be decrypted. */
    openBody: async (event: StoredEvent, encrypted: string): Promise<Buffer | null> => {
      const whose = { merchant: event.userId, config_id: event.configId };
      const opened = await openOrNull(encrypted, webhookBodyContext(event), whose);
      return opened === null ? null : Buffer.from(opened, "base64");
    },
    /** For operators: a provider with credentials that are not stored yet. */
    openProvider: (provider: string, name: string, credentials: unknown) =>
      openProvider({ provider, name, input: credentials }, { clock, baseUrls }),
    credentialsOf: (config: StoredConfig) => credentialsOf(config, vault),
    scenesOf,
    lifeOf,
    resend: (payment: Payment, eventId: string | null, now: Date, only?: readonly DeliveryStatus[]) =>
      resend(db, payment, eventId, now, only),
    health: healthCheck({ clock, db, cache, queueReachable }),
    wakeAll: async (wakeUps: WakeUp[], due: Date): Promise<WakeUp[]> => {
      const messages = wakeUps.map((wakeUp) => deliveryMessageOf(wakeUp, due));
      const unsent = new Set(await queues.notify.sendAll(messages));
      return wakeUps.filter((_, index) => unsent.has(messages[index]!));
    },
    pollAll: async (orders: { orderNo: string; userId: string }[], due: Date): Promise<void> => {
      await queues.poll.sendAll(orders.map((order) => pollMessageOf(order, due)));
    },
    pollAllRefunds: async (refunds: { refundId: string; userId: string }[], due: Date): Promise<void> => {
      await queues.poll.sendAll(refunds.map((refund) => refundMessageOf(refund, due)));
    },
    /** Ends the connections; functions never do, their environment is simply ended. */
    async close(): Promise<void> {
      cache.close();
      sqs.destroy();
      await db.destroy();
    },
  };
}

/** Encryption context of a merchant's notification secrets. */
export function notifySecretContext(userId: string): Record<string, string> {
  return { user: userId, field: "notify_secrets" };
}

/** Encryption context of a webhook's body. */
export function webhookBodyContext(event: Pick<StoredEvent, "userId" | "configId" | "provider">) {
  return { user: event.userId, config: event.configId, provider: event.provider, field: "webhook_body" };
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
