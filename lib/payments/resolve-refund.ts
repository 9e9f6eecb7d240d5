import type { StoredRefund } from "../domain/refund.ts";
import { GatewayError } from "../errors.ts";
import type { Gateway } from "../gateway.ts";
import { finishRefund } from "../storage/refunds/finish-refund.ts";
import { releaseRefund, takeRefundLease } from "../storage/refunds/refund-lease.ts";
import { addLog } from "../storage/timeline.ts";
import { afterRefund, newLease, refundLeaseSeconds } from "./run-refund.ts";

/** What an operator has found out about a refund at the provider. */
export type RefundVerdict = {
  to: "success" | "failed";
  /** The provider's id of it, so that later events are matched to this refund; "" if there is none or it is unknown. */
  refundId: string;
  note: string;
};

/**
 * Ends a refund on an operator's decision, while no request for it is in progress. The provider prevails: a
 * contradicting event triggers a fetch, whose answer changes the refund.
 */
export async function resolveRefund(
  gateway: Gateway,
  stored: StoredRefund,
  { to, refundId, note }: RefundVerdict,
): Promise<void> {
  const { refund, payment } = stored;
  const now = gateway.clock.now();
  if (refund.status === "success" || refund.status === "failed")
    throw new GatewayError("conflict", `this refund has ended already: ${refund.status}`);
  // mutation: refund-resolve-lease
  const leased = await takeRefundLease(gateway.db, stored, newLease(refund, now));
  if (!leased) {
    const message = `a call to the provider about this refund is in progress: try again in ${refundLeaseSeconds} s`;
    throw new GatewayError("conflict", message);
  }
  const error =
    to === "failed" ? { code: "ended_by_operator", message: "an operator ended this refund" } : null;
  const fact = { to, refundId, error, source: "operator", now, notify: true, overrules: false };
  const finished = await finishRefund(gateway.db, leased.refund, payment, {
    ...fact,
    leaseToken: leased.leaseToken,
  });
  await afterRefund(gateway, leased, finished, { now });
  if (finished.kind !== "finished") {
    await releaseRefund(gateway.db, leased, "not resolved", { ...newLease(refund, now), leaseUntil: now });
    throw new GatewayError("conflict", "this refund has changed meanwhile: see refund list, and try again");
  }
  const data = { refund_no: refund.refundNo, refund: refund.id, to, note };
  await addLog(gateway.db, payment, {
    at: now,
    kind: "operator",
    title: "refund ended by an operator",
    data,
  });
}
