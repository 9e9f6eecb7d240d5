import type { Clock } from "../clock.ts";
import type { Payment } from "../payment/payment.ts";
import type { Anomalies, Hints } from "../payment/ports.ts";
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
  if (seen.tradeNo !== payment.tradeNo) return raiseOther(gateway, payment, seen, now);
  if (seen.kind === "refundedTotal") {
    const finished = await gateway.refunds.recordTotal(payment, seen.total, told, now);
    return afterRefund(gateway, { payment }, finished, now);
  }
  const ours =
    seen.refundNo === null ? null : await gateway.refunds.byProviderNo(payment.userId, seen.refundNo);
  if (seen.kind === "refundPending") return;
  if (ours && ours.payment.id === payment.id) {
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
  await afterRefund(gateway, { payment }, finished, now);
}

/** It names our order, but takes back another transaction's money: that of a second payment, or somebody's mistake. */
async function raiseOther(
  { anomalies }: ObserveRefundGateway,
  { userId, configId, provider, orderNo }: Payment,
  { kind: said, tradeNo }: RefundObservation,
  now: Date,
): Promise<void> {
  const detail = { said, differs: ["trade_no"], trade_no: tradeNo };
  await anomalies.raise({ kind: "mismatch", userId, configId, provider, orderNo, detail }, now);
}
