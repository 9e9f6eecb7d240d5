import type { Clock } from "../clock.ts";
import { sameMoney } from "../money/money.ts";
import type { Anomalies } from "./anomaly.ts";
import type { Payment } from "./payment.ts";
import type { WakeUps } from "./ports.ts";
import type { ProviderEvent, RefundSeen } from "./provider.ts";
import type { Refunds } from "./refund-ports.ts";
import { afterRefund, endRefund } from "./run-refund.ts";

export type ApplyRefundEventGateway = {
  clock: Clock;
  refunds: Refunds;
  wakeUps: WakeUps;
  anomalies: Anomalies;
};

type ProviderRefundEvent = RefundSeen | Extract<ProviderEvent, { kind: "refundedTotal" }>;

/** Applies a verified event about a refund of a paid order, one of ours or an external one. */
export async function applyRefundEvent(
  gateway: ApplyRefundEventGateway,
  payment: Payment,
  seen: ProviderRefundEvent,
  source: string,
): Promise<void> {
  const now = gateway.clock.now();
  // The refund is of another transaction: a second payment, or a mistake.
  // mutation: console-refund-trade
  if (seen.tradeNo !== payment.tradeNo) return raiseMismatch(gateway, payment, { seen, differs: "trade_no" });
  const { currency } = seen.kind === "refundedTotal" ? seen.total : seen.amount;
  // mutation: console-refund-currency
  if (currency !== payment.amount.currency)
    return raiseMismatch(gateway, payment, { seen, differs: "currency" });
  if (seen.kind === "refundedTotal") {
    const finished = await gateway.refunds.recordTotal(payment, seen.total, source, now);
    return afterRefund(gateway, { payment, refund: factOf(seen) }, finished, now);
  }
  const ours =
    seen.refundNo === null ? null : await gateway.refunds.byProviderNo(payment.userId, seen.refundNo);
  if (seen.kind === "refundPending") return;
  if (ours && /* mutation: refund-event-order */ ours.payment.id === payment.id) {
    // mutation: refund-event-amount
    if (!sameMoney(seen.amount, ours.refund.amount))
      return raiseMismatch(gateway, payment, { seen, differs: "amount" });
    const error =
      seen.kind === "refunded"
        ? null
        : { code: "failed", message: "the provider says that this refund failed" };
    const to = seen.kind === "refunded" ? "success" : "failed";
    const { refundId } = seen;
    const overrules = source === "poll";
    return endRefund(gateway, ours, { to, refundId, error, source, now, notify: true, overrules });
  }
  const { refundId, amount } = seen;
  const finished =
    seen.kind === "refunded"
      ? await gateway.refunds.recordExternal(payment, { refundId, amount }, source, now)
      : await gateway.refunds.failExternal(payment, { refundId, amount }, source, now);
  await afterRefund(gateway, { payment, refund: factOf(seen) }, finished, now);
}

/** Identifies this refund within its payment. */
function factOf(seen: ProviderRefundEvent) {
  if (seen.kind === "refundedTotal") return { refundNo: "", refundId: "", amount: seen.total };
  return { refundNo: seen.refundNo ?? "", refundId: seen.refundId, amount: seen.amount };
}

/** The event names our order but contradicts the stored payment or refund. */
async function raiseMismatch(
  { anomalies, clock }: ApplyRefundEventGateway,
  { userId, configId, provider, orderNo }: Payment,
  { seen, differs }: { seen: ProviderRefundEvent; differs: string },
): Promise<void> {
  const { refundId, amount } = factOf(seen);
  const source = { said: seen.kind, differs: [differs], trade_no: seen.tradeNo };
  const detail = { ...source, refund_id: refundId, amount_minor: amount.minor };
  await anomalies.raise({ kind: "mismatch", userId, configId, provider, orderNo, detail }, clock.now());
}
