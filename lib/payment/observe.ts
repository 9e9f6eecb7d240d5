import type { Clock } from "../clock.ts";
import { GatewayError } from "../errors.ts";
import { log } from "../log.ts";
import { type ObserveRefundGateway, observeRefund } from "../refund/observe-refund.ts";
import type { Anomalies } from "./anomaly.ts";
import type { Account } from "./config-ports.ts";
import type { EventRecord } from "./event-ports.ts";
import { nextAfterSilence } from "./look-up-schedule.ts";
import type { Payment } from "./payment.ts";
import type { Hints, Orders, Settled } from "./ports.ts";
import type { Observation, Paid } from "./provider.ts";

export type ObserveGateway = ObserveRefundGateway & {
  clock: Clock;
  orders: Orders;
  anomalies: Anomalies;
  hints: Hints;
};

/**
 * Whose word it is: the config that asked or was told, the account of the credentials that verified it, and the webhook if
 * it was one.
 */
export type Source = Account & {
  userId: string;
  configId: string;
  provider: string;
  told: "webhook" | "look-up" | "operator";
  /** The webhook's own word for what it is. */
  eventType?: string;
  /** To be recorded with what it settles; a replayed one is on record already. */
  event?: EventRecord;
};

/**
 * T3 and what follows its commit: the merchant is told at once, and what contradicts the order is raised for a person.
 */
export async function settlePaid(
  gateway: ObserveGateway,
  paid: Paid,
  source: Source,
  askAgainBy: Date | null = null,
): Promise<Settled> {
  const { userId, provider, account, livemode, event, told } = source;
  const now = gateway.clock.now();
  const settled = await gateway.orders.settle(paid, {
    userId,
    provider,
    account,
    livemode,
    now,
    source: told,
    askAgainBy,
    ...(event && { event }),
  });
  if (settled.kind === "settled") {
    // mutation: late-success-alarm
    if (settled.payment.lateSuccess) log.alarm("late success", { order_no: paid.orderNo, merchant: userId });
    // mutation: settle-hint
    for (const hint of [settled.notification, ...settled.more])
      if (hint) await gateway.hints.notify(hint, now);
  }
  if (
    /* mutation: payment-mismatch-raised */ settled.kind === "mismatch" ||
    /* mutation: second-payment-raised */ settled.kind === "second-payment"
  ) {
    await gateway.anomalies.raise(
      {
        ...source,
        // Every config of the account is told of it, and it is one fact.
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

/** Applies what a provider said about one payment, in order. Each step is guarded by the version that was read. */
export async function observe(
  gateway: ObserveGateway,
  payment: Payment,
  observations: Observation[],
  source: Source,
): Promise<void> {
  const now = gateway.clock.now();
  for (const [index, seen] of /* mutation: refund-failures-first */ failuresFirst(observations).entries()) {
    switch (seen.kind) {
      case "paid": {
        // A webhook is not acknowledged before its last word is booked; a look-up may end here.
        const isLast = source.told === "webhook" || index + 1 === observations.length;
        await settlePaid(gateway, seen, source, isLast ? null : nextAfterSilence(payment, now));
        break;
      }
      case "closed":
      case "failed": {
        const concluded = await gateway.orders.conclude(payment, seen.kind, saidBy(source, seen), now);
        if (concluded?.notification) await gateway.hints.notify(concluded.notification, now);
        break;
      }
      case "started":
        await gateway.orders.markStarted(payment, saidBy(source, seen), now);
        break;
      case "refunded":
      case "refundFailed":
      case "refundPending":
      case "refundedTotal":
        await refundSeen(gateway, payment, seen, source);
        break;
      case "disputed": {
        const detail = { trade_no: seen.tradeNo, why: seen.why };
        const { orderNo, configId } = payment;
        await gateway.anomalies.raise({ ...source, configId, kind: "dispute", orderNo, detail }, now);
        break;
      }
      case "hint":
        if (source.told === "webhook") /* mutation: webhook-hint-asked */ await askSoon(gateway, payment);
        else await refundUntold(gateway, payment, seen.why, source);
        break;
      case "unrecognised":
        log.alarm("unrecognised word of a provider", { ...about(payment), reason: seen.said });
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

/** Refunds come last, and those that failed before those that succeeded: what failed makes room for what was made. */
function failuresFirst(observations: readonly Observation[]): Observation[] {
  const place = ({ kind }: Observation) =>
    kind === "refundFailed" ? 1 : kind === "refunded" || kind === "refundedTotal" ? 2 : 0;
  return observations.toSorted((a, b) => place(a) - place(b));
}

/**
 * A refund of a payment that we do not know to be paid proves that we have missed something: the provider is asked. A
 * refund that is told alone is not acknowledged before it can be booked, because no look-up need tell it again.
 */
async function refundSeen(
  gateway: ObserveGateway,
  payment: Payment,
  seen: Parameters<typeof observeRefund>[2],
  source: Source,
): Promise<void> {
  const current = (await gateway.orders.find(payment.userId, { orderNo: payment.orderNo }))?.payment;
  if (current?.status === "success") return observeRefund(gateway, current, seen, source.told);
  if (source.told !== "webhook") return;
  await askSoon(gateway, payment);
  // mutation: refund-before-settled
  if (seen.kind !== "refundedTotal")
    throw new GatewayError("unavailable", "the payment of this refund is not settled yet: send it again");
}

/**
 * A look-up says that something was refunded, and not how much. Where it was paid already when we asked and no refund is
 * booked or under way, no webhook has come or will come: a person must find out.
 */
async function refundUntold(
  gateway: ObserveGateway,
  asked: Payment,
  why: string,
  source: Source,
): Promise<void> {
  if (asked.status !== "success") return;
  const { orderNo, userId, configId } = asked;
  const current = (await gateway.orders.find(userId, { orderNo }))?.payment;
  if (!current || current.refundedMinor + current.reservedMinor > 0) return;
  const detail = { trade_no: current.tradeNo, why };
  const anomaly = { ...source, configId, kind: "unbooked_refund", orderNo, detail };
  await gateway.anomalies.raise(anomaly, gateway.clock.now());
}

async function askSoon(gateway: ObserveGateway, payment: Payment): Promise<void> {
  const now = gateway.clock.now();
  await gateway.orders.makeDue(payment, now, 0);
  await gateway.hints.recheck(payment, now);
}

export function about(payment: Payment) {
  return {
    order_no: payment.orderNo,
    merchant: payment.userId,
    provider: payment.provider,
    config_id: payment.configId,
  };
}
