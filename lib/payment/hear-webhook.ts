import { GatewayError } from "../errors.ts";
import { log, nameOf } from "../log.ts";
import type { Configs, OpenConfig } from "./config-ports.ts";
import type { WebhookEvents } from "./event-ports.ts";
import { type ObserveGateway, observe, type Source, settlePaid } from "./observe.ts";
import type { Payment } from "./payment.ts";
import type { Observation, WebhookCall } from "./provider.ts";
import { isOther } from "./same-account.ts";
import { factIn, type UnmatchedFacts } from "./unmatched-facts.ts";

export type ApplyGateway = ObserveGateway & { events: WebhookEvents; facts: UnmatchedFacts };

export type HearGateway = ApplyGateway & {
  configs: Configs;
  /** Seals a verified body for a replay; `null` when that fails now: a record must not cost a payment. */
  sealBody(config: OpenConfig, body: Buffer): Promise<string | null>;
};

/** They send notices of our own orders only: one about an order that we do not know is worth a person's look. */
const sendsOnlyOurs = new Set(["alipay", "wechat"]);

/**
 * Verifies a provider's webhook and commits what it says; only then may it be acknowledged. Throws `notification_refused`
 * alike for an unknown config and a bad signature, and then leaves nothing but one log line.
 */
export async function hearWebhook(
  gateway: HearGateway,
  provider: string,
  configId: string,
  call: WebhookCall,
): Promise<void> {
  const { config, heard } = await verify(gateway, provider, configId, call);
  const { eventId, eventType } = heard;
  const whose = { userId: config.userId, configId: config.id, provider };
  const { account, livemode } = config;
  const sealedBody = await gateway.sealBody(config, call.body);
  const event = { ...whose, eventId, eventType, sealedBody, at: gateway.clock.now() };
  const source: Source = { ...whose, account, livemode, told: "webhook", eventType, event };
  await applyWebhook(gateway, heard.observations, source);
  log.info("webhook", {
    provider,
    config_id: configId,
    merchant: config.userId,
    verdict: "accepted",
    event_type: eventType,
  });
}

/** The database would read `7x` as 7. */
const decimalId = /^[1-9]\d{0,19}$/;
/** Many times what a provider sends. */
const longestBytes = 1024 * 1024;

async function verify(gateway: HearGateway, provider: string, configId: string, call: WebhookCall) {
  try {
    if (call.body.length > /* mutation: webhook-longest */ longestBytes)
      throw new GatewayError("notification_malformed", "the body is over 1 MiB");
    if (!(/* mutation: webhook-config-id */ decimalId.test(configId)))
      throw new GatewayError("notification_refused", "no such config");
    return await gateway.configs.hear(provider, configId, call);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    log.warn("webhook", {
      provider,
      config_id: configId.slice(0, 20),
      verdict: "refused",
      reason: error.message,
      ...nameOf(error),
    });
    // mutation: webhook-strangers-view
    throw strangersView(error);
  }
}

/** Whether there is such a config, and what is wrong with it, is nothing to tell a stranger. */
function strangersView(error: GatewayError): GatewayError {
  if (error.failure !== "notification_refused" && error.failure !== "config_not_found") return error;
  return new GatewayError("notification_refused", "the signature is not valid");
}

/** Commits what a verified webhook says, whether it has just come or is replayed; `source.event` is recorded with it. */
export async function applyWebhook(
  gateway: ApplyGateway,
  observations: Observation[],
  source: Source,
): Promise<void> {
  for (const seen of observations) await apply(gateway, seen, source);
}

async function apply(gateway: ApplyGateway, seen: Observation, source: Source): Promise<void> {
  if (seen.kind === "paid") {
    const settled = await settlePaid(gateway, seen, source);
    if (settled.kind === "no-such-order") await unknownOrder(gateway, seen.orderNo, source);
    return;
  }
  const orderNo = "orderNo" in seen ? seen.orderNo : null;
  const payment = await paymentOf(gateway, seen, source);
  if (payment) return applyTo(gateway, payment, seen, source);
  if (orderNo !== null) return unknownOrder(gateway, orderNo, source);
  await withoutOrder(gateway, seen, source);
}

/** What names an order is about it only when its account says so, of the very object that it made. */
async function applyTo(
  gateway: ApplyGateway,
  payment: Payment,
  seen: Observation,
  source: Source,
): Promise<void> {
  const { orderNo, configId } = payment;
  if (source.event) await gateway.events.record(source.event, orderNo);
  const differs = [
    payment.provider !== source.provider && "provider",
    // mutation: event-account
    payment.providerAccount !== source.account && "account",
    payment.livemode !== source.livemode && "livemode",
    // mutation: event-object
    "objectId" in seen && isOther(payment, seen.objectId) && "payment_id",
  ].filter((name) => name !== false);
  if (differs.length === 0) return observe(gateway, payment, [seen], source);
  const detail = { said: seen.kind, differs };
  const anomaly = { ...source, configId, kind: "mismatch", orderNo, detail };
  await gateway.anomalies.raise(anomaly, gateway.clock.now());
}

/** By our number, else by the provider's transaction; another merchant's order is never found. */
async function paymentOf(
  gateway: ApplyGateway,
  seen: Observation,
  { userId, provider }: Source,
): Promise<Payment | null> {
  if ("orderNo" in seen && seen.orderNo !== null) {
    return (await gateway.orders.find(userId, { orderNo: seen.orderNo }))?.payment ?? null;
  }
  return "tradeNo" in seen ? gateway.orders.findByTradeNo(userId, provider, seen.tradeNo) : null;
}

/**
 * `said`: the number by which the provider named it. Where a provider sends all events of an account, those of another
 * program or merchant at the same account come too: of them nothing is written, not even that they came.
 */
async function unknownOrder(gateway: ApplyGateway, said: string, source: Source): Promise<void> {
  // mutation: event-of-others
  if (!sendsOnlyOurs.has(source.provider)) {
    log.info("webhook", {
      provider: source.provider,
      config_id: source.configId,
      verdict: "ignored",
      reason: "no order of ours",
    });
    return;
  }
  if (source.event) await gateway.events.record(source.event, null);
  const detail = { said: said.slice(0, 64), event_type: source.eventType };
  await gateway.anomalies.raise(
    { ...source, kind: "unknown-order", orderNo: null, detail },
    gateway.clock.now(),
  );
}

/** What is about the provider's transaction and not about an order of ours by number. */
async function withoutOrder(gateway: ApplyGateway, seen: Observation, source: Source): Promise<void> {
  if (seen.kind === "ignored" || seen.kind === "unrecognised") {
    if (source.event) await gateway.events.record(source.event, null);
  }
  if (seen.kind === "ignored") return;
  if (seen.kind === "unrecognised") {
    // mutation: unrecognised-alarm
    log.alarm("unrecognised word of a provider", {
      provider: source.provider,
      config_id: source.configId,
      reason: seen.said,
    });
    return;
  }
  // mutation: early-fact-kept
  if (await keepFact(gateway, seen, source)) return;
  await unknownOrder(gateway, "tradeNo" in seen ? seen.tradeNo : seen.kind, source);
}

/**
 * A refund or dispute may be told before the payment that it is of, and is not told again: it is kept, and booked with the
 * payment's success. That may have been committed meanwhile, so the payment is looked for once more.
 */
async function keepFact(gateway: ApplyGateway, seen: Observation, source: Source): Promise<boolean> {
  const fact = factIn(seen);
  if (!fact) return false;
  const { userId, configId, provider, account, livemode } = source;
  const at = gateway.clock.now();
  await gateway.facts.keep({ userId, configId, provider, account, livemode, fact, at });
  const payment = await paymentOf(gateway, seen, source);
  if (payment) await applyTo(gateway, payment, fact, source);
  const about = { provider, config_id: configId, verdict: payment ? "applied" : "kept" };
  log.info("webhook", { ...about, reason: "its payment is not settled yet, or not ours" });
  return true;
}
