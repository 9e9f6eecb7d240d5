import type { RefundRequest } from "@paypal/paypal-server-sdk";
import * as z from "zod";
import { sameMoney } from "../../money/money.ts";
import type { Payment } from "../../payment/payment.ts";
import { refusalByFinality } from "../../payment/refusal.ts";
import type { PlannedRefund, Refund, RefundOutcome } from "../../refund/refund.ts";
import { shorten } from "../shorten.ts";
import { fromPayPalAmount, toPayPalValue } from "./amounts.ts";
import type { PayPalAnswer, PayPalClient } from "./client.ts";
import { order, type PayPalRefund, refund as wireRefund } from "./wire.ts";

/**
 * The request of `payments.refundCapturedPayment` as it is stored, in the SDK's names. Parsing restores the order of the
 * fields: under one request id PayPal takes only the same request.
 */
const refundRequest = z.object({
  amount: z.object({ currencyCode: z.string(), value: z.string() }),
  customId: z.string(),
  invoiceId: z.string(),
  noteToPayer: z.string().optional(),
});

/** Throws `amount_not_allowed` for what PayPal cannot express. */
export function prepareRefund(
  { orderNo }: Payment,
  { providerRefundNo, amount, reason }: PlannedRefund,
): z.infer<typeof refundRequest> {
  return {
    amount: { currencyCode: amount.currency, value: toPayPalValue(amount) },
    customId: providerRefundNo,
    // The payment's, so that events about the refund name our order.
    invoiceId: orderNo,
    ...(reason && { noteToPayer: shorten(reason, 255) }),
  };
}

/** Repeated under our number PayPal makes it once; the number is kept for 45 days. */
export async function makeRefund(
  client: PayPalClient,
  payment: Payment,
  refund: Refund,
): Promise<RefundOutcome> {
  const { tradeNo: captureId } = payment;
  if (!captureId) return { kind: "unknown", why: "no capture id yet" };
  const said = await client.ask(({ payments }) =>
    payments.refundCapturedPayment({
      captureId,
      // mutation: paypal-refund-key
      paypalRequestId: refund.idempotencyKey,
      prefer: "return=representation",
      body: refundRequest.parse(refund.prepared) as RefundRequest,
    }),
  );
  if (said.kind !== "refused" || !said.final) return outcomeOf(said, refund);
  // "Refunded already" may be this very refund, asked for at the same time or too long ago.
  const found = await findInOrder(client, payment, refund);
  return found.kind === "missing" ? outcomeOf(said, refund) : found;
}

/** By PayPal's id, or among the refunds of the order by our number. */
export async function findRefund(
  client: PayPalClient,
  payment: Payment,
  refund: Refund,
): Promise<RefundOutcome> {
  const { refundId } = refund;
  if (!refundId) return findInOrder(client, payment, refund);
  const said = await client.ask(({ payments }) => payments.getRefund({ refundId }));
  if (said.kind === "refused" && said.status === 404) return findInOrder(client, payment, refund);
  if (said.kind === "refused") return { kind: "unknown", why: `PayPal: ${said.error.code}` };
  return outcomeOf(said, refund);
}

async function findInOrder(
  client: PayPalClient,
  { payable, orderNo }: Payment,
  refund: Refund,
): Promise<RefundOutcome> {
  if (!payable) return { kind: "unknown", why: "no order id yet" };
  const said = await client.ask(({ orders }) => orders.getOrder({ id: payable.paymentId }));
  if (said.kind === "refused") return { kind: "unknown", why: `PayPal: ${said.error.code}` };
  if (said.kind === "unknown") return said;
  const parsed = order.safeParse(said.body);
  const unit = parsed.data?.purchase_units?.find(({ invoice_id }) => invoice_id === orderNo);
  if (!unit) return { kind: "unknown", why: "PayPal's answer is no order of this payment" };
  const found = unit.payments?.refunds?.find(({ custom_id }) => custom_id === refund.providerRefundNo);
  return found ? stateOf(found, refund) : { kind: "missing", why: "not among the refunds of the order" };
}

function outcomeOf(said: PayPalAnswer, refund: Refund): RefundOutcome {
  if (said.kind === "refused") return { kind: "refused", ...refusalByFinality(said.final, said.error) };
  if (said.kind === "unknown") return said;
  const parsed = wireRefund.safeParse(said.body);
  if (!parsed.success) return { kind: "unknown", why: "PayPal's answer is no refund" };
  return stateOf(parsed.data, refund);
}

function stateOf(found: PayPalRefund, { amount, providerRefundNo }: Refund): RefundOutcome {
  const { id: refundId, status, status_details: details, custom_id: customId } = found;
  const given = found.amount && fromPayPalAmount(found.amount);
  // mutation: paypal-refund-number
  const other = customId !== undefined && customId !== providerRefundNo;
  if (other || (found.amount && !(given && /* mutation: paypal-refund-amount */ sameMoney(given, amount)))) {
    return { kind: "unknown", why: "PayPal's answer is about another refund" };
  }
  switch (status) {
    case "COMPLETED":
      return { kind: "refunded", refundId };
    case "PENDING":
      return { kind: "pending", refundId };
    case "FAILED":
    case "CANCELLED": {
      const message = `PayPal says that this refund is ${status.toLowerCase()}`;
      return { kind: "failed", refundId, error: { code: details?.reason ?? status, message } };
    }
    default:
      return { kind: "unknown", why: `refund status ${status}` };
  }
}
