import type { Anomaly } from "./anomaly.ts";
import type { Payment } from "./payment.ts";
import type { Refund } from "./refund.ts";

/** The anomaly of a refund that has not ended within a day, or whose end is contradicted and cannot be fetched. */
export function stuckRefund(
  { userId, configId, provider, orderNo }: Pick<Payment, "userId" | "configId" | "provider" | "orderNo">,
  { id, refundNo, providerRefundNo, amount, status }: Refund,
): Anomaly {
  const detail = {
    refund: id,
    refund_no: refundNo,
    provider_refund_no: providerRefundNo,
    amount_minor: amount.minor,
    status,
    do: "look for provider_refund_no in the provider's console, then refund resolve --as success|failed --note",
  };
  return { kind: "refund_stuck", identity: [id], userId, configId, provider, orderNo, detail };
}
