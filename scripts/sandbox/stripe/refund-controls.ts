import { amountField, Refusal, stringField } from "../kernel/call.ts";
import { exponentOf } from "./currencies.ts";
import { refundStatuses, type Session } from "./records.ts";
import { isCounted, refundedMinor } from "./refund.ts";
import type { Refunds } from "./refunds.ts";

/** `_sim/refund {amount?}`: made in the dashboard, so without the gateway's metadata. `amount` is a decimal. */
export function refundByHand(refunds: Refunds, session: Session, body: Record<string, unknown>): void {
  const amount = amountField(body, "amount", exponentOf(session.input.currency) ?? 2);
  refunds.create(session.account, { intentId: session.intent.id, amount });
}

/**
 * `_sim/refund-result {refund_no?, status}`: sets the status of the refund with that `metadata.refund_no` or id;
 * without `refund_no` that of the next refund. 409 if more than was paid would be refunded, unless `force` is true.
 */
export function refundSettled(refunds: Refunds, body: Record<string, unknown>): object {
  const status = refundStatuses.find((one) => one === body.status);
  if (!status) throw new Refusal(400, `status must be one of ${refundStatuses.join(", ")}.`);
  const refundNo = stringField(body, "refund_no");
  if (refundNo === undefined) {
    refunds.planNext(status);
    return { next: status };
  }
  const found = refunds
    .all()
    .find(({ refund }) => refund.metadata.refund_no === refundNo || refund.id === refundNo);
  if (!found) throw new Refusal(404, `Stripe has no refund ${refundNo}.`);
  // Refunds never exceed what is left on the charge (docs.stripe.com/api/refunds/create).
  const { refund, session } = found;
  const left = session.input.amount - refundedMinor(session.refunds);
  if (body.force !== true && !isCounted(refund.status) && isCounted(status) && refund.amount > left)
    throw new Refusal(
      409,
      `Other refunds have taken the money of ${refundNo}: only ${left} is left (force: true).`,
    );
  refunds.settle(found, status);
  return { refund_no: refundNo, refund_id: found.refund.id, status };
}

/** `_sim/dispute {status?}`: opens a dispute; with `won` or `lost` it is closed. */
export function disputed(refunds: Refunds, session: Session, { status }: Record<string, unknown>): void {
  if (status === undefined) refunds.dispute(session);
  else if (status === "won" || status === "lost") refunds.closeDispute(session, status);
  else throw new Refusal(400, "status must be won or lost.");
}
