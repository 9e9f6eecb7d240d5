import type { Clock } from "../clock.ts";
import { sameMoney } from "../money/money.ts";
import type { Anomalies } from "../payment/anomaly.ts";
import type { Payment } from "../payment/payment.ts";
import type { Hints } from "../payment/ports.ts";
import type { Observation, RefundSeen } from "../payment/provider.ts";
import { afterRefund, endRefund } from "./drive-refund.ts";
import type { Refunds } from "./ports.ts";

export type ObserveRefundGateway = { clock: Clock; refunds: Refunds; hints: Hints; anomalies: Anomalies };

type RefundObservation = RefundSeen | Extract<Observation, { kind: "refundedTotal" }>;

/** A verified word about a refund of a paid order: ours, or one made in the provider's console. */
export async function observeRefund(
  gateway: ObserveRefundGateway,
  payment: Payment,
  seen: RefundObservation,
  told: string,
): Promise<void> {
  const now = gateway.clock.now();
  // It takes back another transaction's money: that of a second payment, or it is somebody's mistake.
  // mutation: console-refund-trade
  if (seen.tradeNo !== payment.tradeNo) return raiseMismatch(gateway, payment, { seen, differs: "trade_no" });
  const { currency } = seen.kind === "refundedTotal" ? seen.total : seen.amount;
  // mutation: console-refund-currency
  if (currency !== payment.amount.currency)
    return raiseMismatch(gateway, payment, { seen, differs: "currency" });
  if (seen.kind === "refundedTotal") {
    const finished = await gateway.refunds.recordTotal(payment, seen.total, told, now);
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
    const overrules = told === "look-up";
    return endRefund(gateway, ours, { to, refundId, error, told, now, notify: true, overrules });
  }
  const { refundId, amount } = seen;
  const finished =
    seen.kind === "refunded"
      ? await gateway.refunds.recordForeign(payment, { refundId, amount }, told, now)
      : await gateway.refunds.failForeign(payment, { refundId, amount }, told, now);
  await afterRefund(gateway, { payment, refund: factOf(seen) }, finished, now);
}

/** What tells this refund from every other of its payment. */
function factOf(seen: RefundObservation) {
  if (seen.kind === "refundedTotal") return { refundNo: "", refundId: "", amount: seen.total };
  return { refundNo: seen.refundNo ?? "", refundId: seen.refundId, amount: seen.amount };
}

/** It names our order, and is not what we know. */
async function raiseMismatch(
  { anomalies, clock }: ObserveRefundGateway,
  { userId, configId, provider, orderNo }: Payment,
  { seen, differs }: { seen: RefundObservation; differs: string },
): Promise<void> {
  const { refundId, amount } = factOf(seen);
  const told = { said: seen.kind, differs: [differs], trade_no: seen.tradeNo };
  const detail = { ...told, refund_id: refundId, amount_minor: amount.minor };
  await anomalies.raise({ kind: "mismatch", userId, configId, provider, orderNo, detail }, clock.now());
}
