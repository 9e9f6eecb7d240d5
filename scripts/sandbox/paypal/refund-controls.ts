import { Refusal, stringField } from "../kernel/call.ts";
import { isCounted, returnedMinor } from "./capture.ts";
import type { Dispute, RefundStatus } from "./records.ts";
import type { Captured, Refunds } from "./refunds.ts";

const refundStatuses: readonly RefundStatus[] = ["COMPLETED", "PENDING", "FAILED", "CANCELLED"];
const disputeStatuses: readonly Dispute["status"][] = ["OPEN", "UNDER_REVIEW", "RESOLVED"];

/**
 * `_sim/refund-result {refund_no?, status}`: sets the status of that refund, without `refund_no` of the next one. 409 if
 * more than was paid would be refunded, unless `force` is true.
 */
export function refundSettled(refunds: Refunds, body: Record<string, unknown>): object {
  const status = oneOf(refundStatuses, body, "status");
  const refundNo = stringField(body, "refund_no");
  if (refundNo === undefined) {
    refunds.planNext(status);
    return { next: status };
  }
  const found = refunds
    .all()
    .find(({ refund }) =>
      [refund.customId, refund.invoiceId, refund.requestId, refund.id].includes(refundNo),
    );
  if (!found) throw new Refusal(404, `PayPal has no refund ${refundNo}.`);
  // A capture gives back no more than it took (developer.paypal.com/api/payments/v2/errors/refund_amount_exceeded).
  const { capture, order, refund } = found;
  const left = order.input.amount.minor - returnedMinor(capture);
  if (body.force !== true && !isCounted(refund.status) && isCounted(status) && refund.minor > left)
    throw new Refusal(
      409,
      `Other refunds have taken the money of ${refundNo}: only ${left} is left (force: true).`,
    );
  refunds.settle(found, status);
  return { refund_no: refundNo, refund_id: found.refund.id, status };
}

/** `_sim/dispute {status?, outcome?}`: opens a dispute, or changes the existing one. */
export function disputed(refunds: Refunds, captured: Captured, body: Record<string, unknown>): Dispute {
  const status = body.status === undefined ? "OPEN" : oneOf(disputeStatuses, body, "status");
  if (body.status === undefined && captured.capture.dispute) {
    throw new Refusal(409, `The capture already has a dispute: send its new "status".`);
  }
  return refunds.dispute(captured, status, stringField(body, "outcome"));
}

function oneOf<Word extends string>(
  words: readonly Word[],
  body: Record<string, unknown>,
  name: string,
): Word {
  const found = words.find((word) => word === body[name]);
  if (!found) throw new Refusal(400, `${name} must be one of ${words.join(", ")}.`);
  return found;
}
