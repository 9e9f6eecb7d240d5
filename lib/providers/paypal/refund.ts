import * as z from "zod";
import type { Payment } from "../../domain/payment.ts";
import type { PlannedRefund, Refund, RefundOutcome } from "../../domain/refund.ts";
import { refusalOfMove } from "../../domain/refusal.ts";
import { sameMoney } from "../../money/money.ts";
import { cut } from "../text-limit.ts";
import { fromPayPalAmount, toPayPalValue } from "./amounts.ts";
import { orderPath } from "./checkout-order.ts";
import type { PayPalAnswer, PayPalClient, PayPalRefused } from "./client.ts";
import { decisiveIssue } from "./decisive-issue.ts";
import { texts } from "./limits.ts";
import { refusals } from "./refusals.ts";
import { order, type PayPalRefund, refund as wireRefund } from "./wire.ts";

/**
 * The body of `POST /v2/payments/captures/{id}/refund` as it is stored. Parsing restores the order of the fields: PayPal
 * accepts only an identical request under the same request id.
 * https://developer.paypal.com/docs/api/payments/v2/#captures_refund
 */
const refundRequest = z.object({
  amount: z.object({ currency_code: z.string(), value: z.string() }),
  custom_id: z.string(),
  note_to_payer: z.string().optional(),
});

/**
 * Without an `invoice_id`: PayPal accepts one only once among an account's payments and refunds, unless the account
 * allows duplicates, and the payment already uses our order number (Sylius/PayPalPlugin#264,
 * awesomemotive/easy-digital-downloads#8873). Throws `amount_not_allowed` for what PayPal cannot express.
 */
export function prepareRefund(
  _: Payment,
  { providerRefundNo, amount, reason }: PlannedRefund,
): z.infer<typeof refundRequest> {
  // PayPal's pattern `^.*$` allows no line ends.
  // mutation: paypal-note-lines
  const note = reason.replace(/\s+/g, " ").trim();
  return {
    amount: { currency_code: amount.currency, value: toPayPalValue(amount) },
    custom_id: providerRefundNo,
    ...(note && { note_to_payer: cut(note, texts.noteToPayer) }),
  };
}

/** A repeat under the same key makes no second refund; PayPal keeps the key for 45 days. */
export async function makeRefund(
  client: PayPalClient,
  payment: Payment,
  refund: Refund,
): Promise<RefundOutcome> {
  const { tradeNo: captureId } = payment;
  if (!captureId) return { kind: "unknown", why: "no capture id yet" };
  const said = await client.post(
    `/v2/payments/captures/${encodeURIComponent(captureId)}/refund`,
    // mutation: paypal-refund-invoice
    refundRequest.parse(refund.prepared),
    // mutation: paypal-refund-key
    refund.idempotencyKey,
  );
  if (said.kind !== "refused") return outcomeOf(said, refund);
  return outcomeOfRefusal(said, () => findInOrder(client, payment, refund));
}

/**
 * "Already refunded" may mean this very refund, made by a concurrent or a much earlier call. So if PayPal processed the
 * request, the refund is searched for before the refusal is believed.
 */
async function outcomeOfRefusal(
  said: PayPalRefused,
  find: () => Promise<RefundOutcome>,
): Promise<RefundOutcome> {
  const error = decisiveIssue(refusals.refund, said);
  const refusal = refusalOfMove(refusals.refund, error);
  const unread = said.status === 401 || said.status === 403 || said.status === 429;
  const found: RefundOutcome = unread ? { kind: "missing", why: "not read by PayPal" } : await find();
  // mutation: paypal-refund-looked-for
  if (found.kind !== "missing") return found;
  const why = `PayPal: ${error.code}`;
  if (!refusal) return /* mutation: paypal-refund-unlisted */ { kind: "unknown", why, unlisted: error.code };
  return refusal.fault === "provider" ? { kind: "unknown", why } : { kind: "refused", ...refusal };
}

/** Finds a refund by PayPal's id, or by our number among the refunds of the order. */
export async function findRefund(
  client: PayPalClient,
  payment: Payment,
  refund: Refund,
): Promise<RefundOutcome> {
  const { refundId } = refund;
  if (!refundId) return findInOrder(client, payment, refund);
  const said = await client.get(`/v2/payments/refunds/${encodeURIComponent(refundId)}`);
  if (said.kind === "refused" && said.status === 404) return findInOrder(client, payment, refund);
  return outcomeOf(said, refund);
}

async function findInOrder(
  client: PayPalClient,
  { payable, orderNo }: Payment,
  refund: Refund,
): Promise<RefundOutcome> {
  if (!payable) return { kind: "unknown", why: "no order id yet" };
  const said = await client.get(orderPath(payable.paymentId));
  if (said.kind === "refused") return unseen(said);
  if (said.kind === "unknown") return said;
  const parsed = order.safeParse(said.body);
  const unit = parsed.data?.purchase_units?.find(({ invoice_id }) => invoice_id === orderNo);
  if (!unit) return { kind: "unknown", why: "PayPal's answer is no order of this payment" };
  const found = unit.payments?.refunds?.find(({ custom_id }) => custom_id === refund.providerRefundNo);
  return found ? stateOf(found, refund) : { kind: "missing", why: "not among the refunds of the order" };
}

/** A refused query tells nothing about the refund. */
function unseen(said: PayPalRefused): RefundOutcome {
  const { code } = decisiveIssue(refusals.get, said);
  const listed = Object.hasOwn(refusals.get, code);
  return { kind: "unknown", why: `PayPal: ${code}`, ...(!listed && { unlisted: code }) };
}

function outcomeOf(said: PayPalAnswer, refund: Refund): RefundOutcome {
  if (said.kind === "refused") return unseen(said);
  if (said.kind === "unknown") return said;
  const parsed = wireRefund.safeParse(said.body);
  if (!parsed.success) return { kind: "unknown", why: "PayPal's answer is no refund" };
  return stateOf(parsed.data, refund);
}

function stateOf(found: PayPalRefund, { amount, providerRefundNo }: Refund): RefundOutcome {
  const { id: refundId, status, status_details: details, custom_id: customId } = found;
  const amountFound = found.amount && fromPayPalAmount(found.amount);
  // mutation: paypal-refund-number
  const other = customId !== undefined && customId !== providerRefundNo;
  if (
    other ||
    (found.amount && !(amountFound && /* mutation: paypal-refund-amount */ sameMoney(amountFound, amount)))
  ) {
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
