import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { log } from "../log.ts";
import type { Anomalies } from "./anomaly.ts";
import { type ApplyRefundEventGateway, applyRefundEvent } from "./apply-refund-event.ts";
import type { Account } from "./config-ports.ts";
import type { EventRecord } from "./event-ports.ts";
import type { Payment } from "./payment.ts";
import { nextAfterNoResponse } from "./poll-schedule.ts";
import type { Orders, Settled, WakeUps } from "./ports.ts";
import type { Paid, ProviderEvent } from "./provider.ts";

export type ApplyEventsGateway = ApplyRefundEventGateway & {
  clock: Clock;
  orders: Orders;
  anomalies: Anomalies;
  wakeUps: WakeUps;
};

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
};

/** Runs settle and what follows its commit: notifies the merchant, and raises an anomaly for a contradiction. */
export async function settlePaid(
  gateway: ApplyEventsGateway,
  paid: Paid,
  origin: EventOrigin,
  askAgainBy: Date | null = null,
): Promise<Settled> {
  const { userId, provider, account, livemode, event, source } = origin;
  const now = gateway.clock.now();
  const settled = await gateway.orders.settle(paid, {
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
    await gateway.anomalies.raise(
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
  gateway: ApplyEventsGateway,
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
        const ended = await gateway.orders.closeOrFail(payment, seen.kind, saidBy(origin, seen), now);
        if (ended?.notification) await gateway.wakeUps.notify(ended.notification, now);
        break;
      }
      case "in_transit":
        await gateway.orders.markInTransit(payment, saidBy(origin, seen), now);
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
        await gateway.anomalies.raise({ ...origin, configId, kind: "dispute", orderNo, detail }, now);
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
  gateway: ApplyEventsGateway,
  payment: Payment,
  seen: Parameters<typeof applyRefundEvent>[2],
  origin: EventOrigin,
): Promise<void> {
  const current = (await gateway.orders.find(payment.userId, { orderNo: payment.orderNo }))?.payment;
  if (current?.status === "success") return applyRefundEvent(gateway, current, seen, origin.source);
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
  gateway: ApplyEventsGateway,
  order: Payment,
  why: string,
  origin: EventOrigin,
): Promise<void> {
  if (order.status !== "success") return;
  const { orderNo, userId, configId } = order;
  const current = (await gateway.orders.find(userId, { orderNo }))?.payment;
  if (!current || current.refundedMinor + current.reservedMinor > 0) return;
  const detail = { trade_no: current.tradeNo, why };
  const anomaly = { ...origin, configId, kind: "unbooked_refund", orderNo, detail };
  await gateway.anomalies.raise(anomaly, gateway.clock.now());
}

async function askSoon(gateway: ApplyEventsGateway, payment: Payment): Promise<void> {
  const now = gateway.clock.now();
  await gateway.orders.makeDue(payment, now, 0);
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
