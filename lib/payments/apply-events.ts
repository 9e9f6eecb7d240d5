import type { Account, OpenConfig } from "../domain/config.ts";
import type { Payment } from "../domain/payment.ts";
import { nextAfterNoResponse } from "../domain/poll-schedule.ts";
import type { Paid, ProviderEvent } from "../domain/provider.ts";
import type { EventRecord } from "../domain/webhook-event.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { log } from "../log.ts";
import { raiseAnomaly } from "../storage/anomalies.ts";
import { closeOrFail, markInTransit } from "../storage/payments/close-or-fail.ts";
import { findOrder } from "../storage/payments/find-order.ts";
import { makePaymentDue } from "../storage/payments/polls.ts";
import type { Settled } from "../storage/payments/settle.ts";
import { settle } from "../storage/payments/settle.ts";
import { applyRefundEvent } from "./apply-refund-event.ts";
/**
 * Where provider events come from: the config that fetched or received them, the account of its credentials, and the
 * webhook if there was one.
 */
export type EventOrigin = Account & {
  userId: string;
  configId: string;
  provider: string;
  source: "webhook" | "poll" | "operator";
  /** The webhook's event type as the provider names it. */
  eventType?: string;
  /** To be recorded with what it settles; absent for a replay, which is recorded already. */
  event?: EventRecord;
  /** An operator replays a recorded webhook: an anomaly that is already recorded is not counted again. */
  isReplay?: boolean;
};

/** Without the adapter, which holds credentials. */
export function originOf(
  { userId, id: configId, provider, account, livemode }: OpenConfig,
  source: EventOrigin["source"],
): EventOrigin {
  return { userId, configId, provider, account, livemode, source };
}

/** Runs settle and what follows its commit: notifies the merchant, and raises an anomaly for a contradiction. */
export async function settlePaid(
  gateway: Gateway,
  paid: Paid,
  origin: EventOrigin,
  askAgainBy: Date | null = null,
): Promise<Settled> {
  const { userId, provider, account, livemode, event, source } = origin;
  const now = gateway.clock.now();
  const settled = await settle(gateway.db, paid, {
    userId,
    provider,
    account,
    livemode,
    now,
    source,
    askAgainBy,
    ...(event && { event }),
  });
  if (settled.kind === "settled") {
    // mutation: late-success-alarm
    if (settled.payment.lateSuccess) log.alarm("late success", { order_no: paid.orderNo, merchant: userId });
    // mutation: settle-wake-up
    for (const wakeUp of [settled.notification, ...settled.more])
      if (wakeUp) await gateway.wakeUps.notify(wakeUp, now);
  }
  if (
    /* mutation: payment-mismatch-raised */ settled.kind === "mismatch" ||
    /* mutation: second-payment-raised */ settled.kind === "second-payment"
  ) {
    await raiseAnomaly(
      gateway.db,
      {
        ...origin,
        // Every config of the account receives the event, but it must be recorded as one anomaly.
        configId: settled.payment.configId,
        kind: settled.kind,
        orderNo: paid.orderNo,
        detail: {
          trade_no: paid.tradeNo,
          account: paid.account,
          amount_minor: paid.amount.minor,
          currency: paid.amount.currency,
          ...("differs" in settled && { differs: settled.differs }),
        },
      },
      now,
    );
  }
  return settled;
}

function saidBy(
  { account, livemode }: Account,
  { why, objectId }: { why: string; objectId?: string | null | undefined },
) {
  return { account, livemode, why, objectId };
}

/** Applies provider events to one payment, in order. Each step is guarded by the version that was read. */
export async function applyEvents(
  gateway: Gateway,
  payment: Payment,
  events: ProviderEvent[],
  origin: EventOrigin,
): Promise<void> {
  const now = gateway.clock.now();
  for (const [index, seen] of /* mutation: refund-failures-first */ failuresFirst(events).entries()) {
    switch (seen.kind) {
      case "paid": {
        // A webhook must apply every event before it is acknowledged; a poll may stop here and continue later.
        const isLast = origin.source === "webhook" || index + 1 === events.length;
        await settlePaid(gateway, seen, origin, isLast ? null : nextAfterNoResponse(payment, now));
        break;
      }
      case "closed":
      case "failed": {
        const ended = await closeOrFail(gateway.db, payment, seen.kind, { said: saidBy(origin, seen), now });
        if (ended?.notification) await gateway.wakeUps.notify(ended.notification, now);
        break;
      }
      case "in_transit":
        await markInTransit(gateway.db, payment, saidBy(origin, seen), now);
        break;
      case "refunded":
      case "refundFailed":
      case "refundPending":
      case "refundedTotal":
        await refundSeen(gateway, payment, seen, origin);
        break;
      case "disputed": {
        const detail = { trade_no: seen.tradeNo, why: seen.why };
        const { orderNo, configId } = payment;
        await raiseAnomaly(gateway.db, { ...origin, configId, kind: "dispute", orderNo, detail }, now);
        break;
      }
      case "refetch":
        if (origin.source === "webhook")
          /* mutation: webhook-refetch-polled */ await askSoon(gateway, payment);
        else await refundNotBooked(gateway, payment, seen.why, origin);
        break;
      case "unrecognised":
        log.alarm("unrecognised provider event", { ...about(payment), reason: seen.said });
        break;
      case "open":
      case "approved":
      case "missing":
      case "unknown":
      case "ignored":
        break;
    }
  }
}

/** Final refund events come last, failures first: a failed refund frees the amount that a successful one needs. */
function failuresFirst(events: readonly ProviderEvent[]): ProviderEvent[] {
  const place = ({ kind }: ProviderEvent) =>
    kind === "refundFailed" ? 1 : kind === "refunded" || kind === "refundedTotal" ? 2 : 0;
  return events.toSorted((a, b) => place(a) - place(b));
}

/**
 * A refund of a payment that is not yet paid here shows that an event was missed, so the payment is fetched. A webhook
 * with only the refund is not acknowledged before it is recorded, because later polls may not report it.
 */
async function refundSeen(
  gateway: Gateway,
  payment: Payment,
  seen: Parameters<typeof applyRefundEvent>[2],
  origin: EventOrigin,
): Promise<void> {
  const current = (await findOrder(gateway.db, payment.userId, { orderNo: payment.orderNo }))?.payment;
  if (current?.status === "success") return applyRefundEvent(gateway, current, seen, origin);
  if (origin.source !== "webhook") return;
  await askSoon(gateway, payment);
  // mutation: refund-before-settled
  if (seen.kind !== "refundedTotal")
    throw new GatewayError("unavailable", "the payment of this refund is not settled yet: send it again");
}

/**
 * A poll reported a refund without its amount. If the payment was already paid and no refund is recorded or in
 * progress, no webhook will report it, so a person must check.
 */
async function refundNotBooked(
  gateway: Gateway,
  order: Payment,
  why: string,
  origin: EventOrigin,
): Promise<void> {
  if (order.status !== "success") return;
  const { orderNo, userId, configId } = order;
  const current = (await findOrder(gateway.db, userId, { orderNo }))?.payment;
  if (!current || current.refundedMinor + current.reservedMinor > 0) return;
  const detail = { trade_no: current.tradeNo, why };
  const anomaly = { ...origin, configId, kind: "unbooked_refund", orderNo, detail };
  await raiseAnomaly(gateway.db, anomaly, gateway.clock.now());
}

async function askSoon(gateway: Gateway, payment: Payment): Promise<void> {
  const now = gateway.clock.now();
  await makePaymentDue(gateway.db, payment, now, 0);
  await gateway.wakeUps.pollPayment(payment, now);
}

export function about(payment: Payment) {
  return {
    order_no: payment.orderNo,
    merchant: payment.userId,
    provider: payment.provider,
    config_id: payment.configId,
  };
}
