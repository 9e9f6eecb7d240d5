import type { Payment } from "../domain/payment.ts";
import type { ProviderEvent, RefundSeen } from "../domain/provider.ts";
import type { Gateway } from "../gateway.ts";
import { sameMoney } from "../money/money.ts";
import { raiseAnomaly } from "../storage/anomalies.ts";
import { failExternalRefund, recordExternalRefund } from "../storage/refunds/external-refunds.ts";
import { findRefundByProviderNo } from "../storage/refunds/find-refund.ts";
import { recordRefundTotal } from "../storage/refunds/refund-totals.ts";
import { afterRefund, endRefund } from "./run-refund.ts";

type ProviderRefundEvent = RefundSeen | Extract<ProviderEvent, { kind: "refundedTotal" }>;

/** Applies a verified event about a refund of a paid order, one of ours or an external one. */
export async function applyRefundEvent(
  gateway: Gateway,
  payment: Payment,
  seen: ProviderRefundEvent,
  { source, isReplay = false }: { source: string; isReplay?: boolean },
): Promise<void> {
  const now = gateway.clock.now();
  // The refund is of another transaction: a second payment, or a mistake.
  // mutation: console-refund-trade
  if (seen.tradeNo !== payment.tradeNo)
    return raiseMismatch(gateway, payment, { seen, differs: "trade_no", isReplay });
  const { currency } = seen.kind === "refundedTotal" ? seen.total : seen.amount;
  // mutation: console-refund-currency
  if (currency !== payment.amount.currency)
    return raiseMismatch(gateway, payment, { seen, differs: "currency", isReplay });
  if (seen.kind === "refundedTotal") {
    const finished = await recordRefundTotal(gateway.db, payment, seen.total, source, now);
    return afterRefund(gateway, { payment, refund: factOf(seen) }, finished, { now, isReplay });
  }
  const ours =
    seen.refundNo === null ? null : await findRefundByProviderNo(gateway.db, payment.userId, seen.refundNo);
  if (seen.kind === "refundPending") return;
  if (ours && /* mutation: refund-event-order */ ours.payment.id === payment.id) {
    // mutation: refund-event-amount
    if (!sameMoney(seen.amount, ours.refund.amount))
      return raiseMismatch(gateway, payment, { seen, differs: "amount", isReplay });
    const error =
      seen.kind === "refunded"
        ? null
        : { code: "failed", message: "the provider says that this refund failed" };
    const to = seen.kind === "refunded" ? "success" : "failed";
    const { refundId } = seen;
    const overrules = source === "poll";
    return endRefund(gateway, ours, { to, refundId, error, source, now, notify: true, overrules, isReplay });
  }
  const { refundId, amount } = seen;
  const finished =
    seen.kind === "refunded"
      ? await recordExternalRefund(gateway.db, payment, { refundId, amount }, source, now)
      : await failExternalRefund(gateway.db, payment, { refundId, amount }, source, now);
  await afterRefund(gateway, { payment, refund: factOf(seen) }, finished, { now, isReplay });
}

/** Identifies this refund within its payment. */
function factOf(seen: ProviderRefundEvent) {
  if (seen.kind === "refundedTotal") return { refundNo: "", refundId: "", amount: seen.total };
  return { refundNo: seen.refundNo ?? "", refundId: seen.refundId, amount: seen.amount };
}

/** The event names our order but contradicts the stored payment or refund. */
async function raiseMismatch(
  { db, clock }: Gateway,
  { userId, configId, provider, orderNo }: Payment,
  { seen, differs, isReplay }: { seen: ProviderRefundEvent; differs: string; isReplay: boolean },
): Promise<void> {
  const { refundId, amount } = factOf(seen);
  const source = { said: seen.kind, differs: [differs], trade_no: seen.tradeNo };
  const detail = { ...source, refund_id: refundId, amount_minor: amount.minor };
  await raiseAnomaly(
    db,
    { kind: "mismatch", userId, configId, provider, orderNo, detail, isReplay },
    clock.now(),
  );
}
