import * as z from "zod";
import type { Payment } from "../../domain/payment.ts";
import type { PlannedRefund, Refund, RefundOutcome } from "../../domain/refund.ts";
import { refusalOfMove } from "../../domain/refusal.ts";
import { fromDecimal } from "../../money/money.ts";
import type { AlipayClient } from "./client.ts";
import { textFor, yuan } from "./limits.ts";
import { outcomeOf, unanswered } from "./outcome.ts";
import { refusals } from "./refusals.ts";
import * as wire from "./wire.ts";

const refundRequest = z.object({
  out_trade_no: z.string(),
  refund_amount: z.string(),
  out_request_no: z.string(),
  refund_reason: z.string().optional(),
});

/** The request of `alipay.trade.refund` as it is stored. */
export function prepareRefund(payment: Payment, planned: PlannedRefund): z.infer<typeof refundRequest> {
  const { providerRefundNo, reason } = planned;
  return {
    out_trade_no: payment.orderNo,
    refund_amount: yuan(planned.amount),
    out_request_no: providerRefundNo,
    ...(reason && { refund_reason: textFor("refund_reason", reason) }),
  };
}

/**
 * `alipay.trade.refund`. `out_request_no` is always sent: without it Alipay uses the trade's number in its place, and
 * would treat a second partial refund as a repeat of the first. https://opendocs.alipay.com/open/028sm9
 */
export async function refund(
  client: AlipayClient,
  payment: Payment,
  requested: Refund,
): Promise<RefundOutcome> {
  const { providerRefundNo, prepared } = requested;
  const outcome = outcomeOf(await client.call("alipay.trade.refund", refundRequest.parse(prepared)));
  if (outcome.kind === "unknown") return outcome;
  if (outcome.kind === "refused") {
    const { code } = outcome.error;
    const refusal = refusalOfMove(refusals.refund, outcome.error);
    // An unlisted code may come after the money has moved: only a query can tell.
    if (!refusal) return { kind: "unknown", why: `Alipay: ${code}`, unlisted: code };
    // mutation: alipay-refund-unknown
    if (refusal.fault === "provider") return { kind: "unknown", why: `Alipay: ${code}` };
    return { kind: "refused", ...refusal };
  }
  const done = wire.refundAnswer.safeParse(outcome.content);
  if (!done.success || done.data.out_trade_no !== payment.orderNo) {
    return { kind: "unknown", why: "Alipay's answer is no refund of this order" };
  }
  if (done.data.fund_change === "Y") return { kind: "refunded", refundId: providerRefundNo };
  // This request moved no money: an earlier one did, or none has yet.
  const fetched = await fetchRefund(client, payment, requested);
  if (fetched.kind !== "missing") return fetched;
  return { kind: "unknown", why: "Alipay took the refund, and does not know it yet" };
}

/**
 * `alipay.trade.fastpay.refund.query`. For a refund that Alipay has not made (or not yet) the answer is an empty
 * success. https://opendocs.alipay.com/open/028sma
 */
export async function fetchRefund(
  client: AlipayClient,
  { orderNo }: Payment,
  { providerRefundNo, amount }: Refund,
): Promise<RefundOutcome> {
  const request = { out_trade_no: orderNo, out_request_no: providerRefundNo };
  const outcome = outcomeOf(await client.call("alipay.trade.fastpay.refund.query", request));
  if (outcome.kind === "unknown") return outcome;
  if (outcome.kind === "refused") {
    const { code } = outcome.error;
    // Alipay's list has both spellings.
    if (code === "ACQ.TRADE_NOT_EXIST" || code === "TRADE_NOT_EXIST") return { kind: "missing", why: code };
    return { kind: "unknown", ...unanswered(refusals.refund_query, outcome.error) };
  }
  const parsed = wire.refundQuery.safeParse(outcome.content);
  if (!parsed.success) return { kind: "unknown", why: "alipay refund query: an answer of another form" };
  const { refund_status: status, refund_amount: refunded, ...about } = parsed.data;
  if (!status) return { kind: "missing", why: "Alipay knows no such refund" };
  if (status !== "REFUND_SUCCESS") return { kind: "unknown", why: `refund_status ${status}` };
  const isOurs =
    about.out_trade_no === orderNo &&
    // mutation: alipay-refund-number
    about.out_request_no === providerRefundNo &&
    (refunded === undefined ||
      /* mutation: alipay-refund-amount */ fromDecimal(refunded, "CNY").minor === amount.minor);
  if (!isOurs) return { kind: "unknown", why: "alipay refund query: an answer about another refund" };
  return { kind: "refunded", refundId: providerRefundNo };
}
