import type { Payment } from "../domain/payment.ts";
import type { ProviderEvent, WebhookCall } from "../domain/provider.ts";
import { isOther } from "../domain/same-account.ts";
import { factIn } from "../domain/unmatched-fact.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { log, nameOf } from "../log.ts";
import { raiseAnomaly } from "../storage/anomalies.ts";
import { findOrder, findPaymentByTradeNo } from "../storage/payments/find-order.ts";
import { keepFact } from "../storage/payments/unmatched-facts.ts";
import { recordEvent } from "../storage/webhook-events.ts";
import { applyEvents, type EventOrigin, originOf, settlePaid } from "./apply-events.ts";
import { encryptBody } from "./webhook-body.ts";

/**
 * Verifies a provider's webhook and commits its events; only then may it be acknowledged. Throws the same
 * `notification_refused` for an unknown config and a bad signature, and then writes nothing but one log line.
 */
export async function receiveWebhook(
  gateway: Gateway,
  provider: string,
  configId: string,
  call: WebhookCall,
): Promise<void> {
  const { config, parsed } = await verify(gateway, provider, configId, call);
  const { eventId, eventType } = parsed;
  const { userId } = config;
  const encryptedBody = await encryptBody(gateway.vault, config, call.body);
  const about = { userId, configId: config.id, provider };
  const event = { ...about, eventId, eventType, encryptedBody, at: gateway.clock.now() };
  await applyWebhook(gateway, parsed.events, { ...originOf(config, "webhook"), eventType, event });
  log.info("webhook", {
    provider,
    config_id: configId,
    merchant: userId,
    verdict: "accepted",
    event_type: eventType,
  });
}

/** The database would read `7x` as 7. */
const decimalId = /^[1-9]\d{0,19}$/;
/** Many times what a provider sends. */
const longestBytes = 1024 * 1024;

async function verify(gateway: Gateway, provider: string, configId: string, call: WebhookCall) {
  try {
    if (call.body.length > /* mutation: webhook-longest */ longestBytes)
      throw new GatewayError("notification_malformed", "the body is over 1 MiB");
    if (!(/* mutation: webhook-config-id */ decimalId.test(configId)))
      throw new GatewayError("notification_refused", "no such config");
    return await gateway.configs.parseWebhook(provider, configId, call);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    log.warn("webhook", {
      provider,
      config_id: configId.slice(0, 20),
      verdict: "refused",
      reason: error.message,
      ...nameOf(error),
    });
    // mutation: webhook-outsiders-view
    throw outsidersView(error);
  }
}

/** Do not reveal whether the config exists or what is wrong with it. */
function outsidersView(error: GatewayError): GatewayError {
  if (error.failure !== "notification_refused" && error.failure !== "config_not_found") return error;
  return new GatewayError("notification_refused", "the signature is not valid");
}

/** Commits the events of a verified webhook, new or replayed; `origin.event` is recorded with them. */
export async function applyWebhook(
  gateway: Gateway,
  providerEvents: ProviderEvent[],
  origin: EventOrigin,
): Promise<void> {
  for (const seen of providerEvents) await apply(gateway, seen, origin);
}

async function apply(gateway: Gateway, seen: ProviderEvent, origin: EventOrigin): Promise<void> {
  if (seen.kind === "paid") {
    const settled = await settlePaid(gateway, seen, origin);
    if (settled.kind === "no-such-order") await unknownOrder(gateway, seen.orderNo, origin);
    return;
  }
  const orderNo = "orderNo" in seen ? seen.orderNo : null;
  const payment = await paymentOf(gateway, seen, origin);
  if (payment) return applyTo(gateway, payment, seen, origin);
  if (orderNo !== null) return unknownOrder(gateway, orderNo, origin);
  await withoutOrder(gateway, seen, origin);
}

/**
 * An event belongs to the order that it names only if it comes from the order's account and is about the object that
 * the order created.
 */
async function applyTo(
  gateway: Gateway,
  payment: Payment,
  seen: ProviderEvent,
  origin: EventOrigin,
): Promise<void> {
  const { orderNo, configId } = payment;
  if (origin.event) await recordEvent(gateway.db, origin.event, orderNo);
  const differs = [
    payment.provider !== origin.provider && "provider",
    // mutation: event-account
    payment.providerAccount !== origin.account && "account",
    payment.livemode !== origin.livemode && "livemode",
    // mutation: event-object
    "objectId" in seen && isOther(payment, seen.objectId) && "payment_id",
  ].filter((name) => name !== false);
  if (differs.length === 0) return applyEvents(gateway, payment, [seen], origin);
  const detail = { said: seen.kind, differs };
  const anomaly = { ...origin, configId, kind: "mismatch", orderNo, detail };
  await raiseAnomaly(gateway.db, anomaly, gateway.clock.now());
}

/** By our number, else by the provider's transaction; another merchant's order is never found. */
async function paymentOf(
  gateway: Gateway,
  seen: ProviderEvent,
  { userId, provider }: EventOrigin,
): Promise<Payment | null> {
  if ("orderNo" in seen && seen.orderNo !== null) {
    return (await findOrder(gateway.db, userId, { orderNo: seen.orderNo }))?.payment ?? null;
  }
  return "tradeNo" in seen ? findPaymentByTradeNo(gateway.db, userId, provider, seen.tradeNo) : null;
}

/**
 * `said`: the number that the provider gave for the order. If a provider sends all events of an account, those of
 * other programs and merchants arrive too; nothing is written for them.
 */
async function unknownOrder(gateway: Gateway, said: string, origin: EventOrigin): Promise<void> {
  // mutation: event-of-others
  if (!gateway.notifiesOnlyOwnOrders(origin.provider)) {
    log.info("webhook", {
      provider: origin.provider,
      config_id: origin.configId,
      verdict: "ignored",
      reason: "no order of ours",
    });
    return;
  }
  if (origin.event) await recordEvent(gateway.db, origin.event, null);
  const detail = { said: said.slice(0, 64), event_type: origin.eventType };
  await raiseAnomaly(
    gateway.db,
    { ...origin, kind: "unknown-order", orderNo: null, detail },
    gateway.clock.now(),
  );
}

/** Handles an event that names no order number and whose transaction belongs to no payment of ours. */
async function withoutOrder(gateway: Gateway, seen: ProviderEvent, origin: EventOrigin): Promise<void> {
  if (seen.kind === "ignored" || seen.kind === "unrecognised") {
    if (origin.event) await recordEvent(gateway.db, origin.event, null);
  }
  if (seen.kind === "ignored") return;
  if (seen.kind === "unrecognised") {
    // mutation: unrecognised-alarm
    log.alarm("unrecognised provider event", {
      provider: origin.provider,
      config_id: origin.configId,
      reason: seen.said,
    });
    return;
  }
  // mutation: early-fact-stored
  if (await keepForLater(gateway, seen, origin)) return;
  await unknownOrder(gateway, "tradeNo" in seen ? seen.tradeNo : seen.kind, origin);
}

/**
 * A refund or dispute may arrive before its payment and is not sent again: it is stored and applied with the payment's
 * success. That may have been committed meanwhile, so the payment is read once more.
 */
async function keepForLater(gateway: Gateway, seen: ProviderEvent, origin: EventOrigin): Promise<boolean> {
  const fact = factIn(seen);
  if (!fact) return false;
  const { userId, configId, provider, account, livemode } = origin;
  const at = gateway.clock.now();
  await keepFact(gateway.db, { userId, configId, provider, account, livemode, fact, at });
  const payment = await paymentOf(gateway, seen, origin);
  if (payment) await applyTo(gateway, payment, fact, origin);
  const about = { provider, config_id: configId, verdict: payment ? "applied" : "kept" };
  log.info("webhook", { ...about, reason: "its payment is not settled yet, or not ours" });
  return true;
}
