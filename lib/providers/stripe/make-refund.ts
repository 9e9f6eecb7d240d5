import type { Stripe } from "stripe";
import * as z from "zod";
import type { Payment } from "../../payment/payment.ts";
import { refusalOfMove } from "../../payment/refusal.ts";
import type { PlannedRefund, Refund, RefundOutcome } from "../../refund/refund.ts";
import { cut } from "../text-limit.ts";
import { toStripeAmount } from "./amounts.ts";
import type { AskStripe, StripeFailure } from "./client.ts";
import { metadataValue } from "./limits.ts";
import { isRefundOf, refundOutcome } from "./refund.ts";
import { refusals } from "./refusals.ts";
import * as wire from "./wire.ts";

/** The parameters of `refunds.create` as they are stored; under one idempotency key Stripe takes only the same. */
const refundParameters = z.object({
  payment_intent: z.string(),
  amount: z.int(),
  metadata: z.object({ refund_no: z.string(), order_no: z.string(), reason: z.string().optional() }),
});

/** Throws `amount_not_allowed` for what Stripe cannot express. */
export function prepareRefund(
  payment: Payment,
  { providerRefundNo, amount, reason }: PlannedRefund,
): z.infer<typeof refundParameters> {
  return {
    payment_intent: payment.tradeNo,
    amount: toStripeAmount(amount),
    metadata: {
      refund_no: providerRefundNo,
      order_no: payment.orderNo,
      // Stripe's own `reason` is one of three words.
      ...(reason && { reason: cut(reason, metadataValue) }),
    },
  };
}

/**
 * Under the refund's own key, which must never be changed to get past an answer: Stripe repeats a stored 500 for the
 * key's life (24 hours and more), and whether that refund was made only `lookRefund` tells. A second key would make a
 * second refund. https://docs.stripe.com/api/idempotent_requests
 */
export async function refund(ask: AskStripe, payment: Payment, wanted: Refund): Promise<RefundOutcome> {
  const { prepared, idempotencyKey } = wanted;
  const parameters = refundParameters.parse(prepared) as Stripe.RefundCreateParams;
  const said = await ask((stripe) =>
    stripe.refunds.create(parameters, { /* mutation: stripe-refund-key */ idempotencyKey: idempotencyKey }),
  );
  if (said.kind === "unknown") return said;
  if (said.kind === "refused") return refusal(said);
  const made = wire.refund.safeParse(said.body);
  if (!made.success || !isRefundOf(made.data, payment, wanted)) {
    return { kind: "unknown", why: "Stripe's answer is not this refund" };
  }
  return refundOutcome(made.data);
}

function refusal({ error }: Extract<StripeFailure, { kind: "refused" }>): RefundOutcome {
  const refusal = refusalOfMove(refusals.refund, error);
  const unknown = { kind: "unknown", why: `Stripe: ${error.code}` } as const;
  if (!refusal) return /* mutation: stripe-refund-unlisted */ { ...unknown, unlisted: error.code };
  return refusal.fault === "provider" ? unknown : { kind: "refused", ...refusal };
}

/** By Stripe's id, or, before we know it, by our number among all refunds of the payment. */
export async function lookRefund(ask: AskStripe, payment: Payment, wanted: Refund): Promise<RefundOutcome> {
  const { refundId } = wanted;
  if (refundId) {
    const said = await ask((stripe) => stripe.refunds.retrieve(refundId));
    if (said.kind !== "answered") return unclear(said);
    const told = wire.refund.safeParse(said.body);
    if (told.success && isRefundOf(told.data, payment, wanted)) return refundOutcome(told.data);
    return { kind: "unknown", why: "Stripe's answer is not this refund" };
  }
  const listed = await refundsOf(ask, payment.tradeNo);
  if (!Array.isArray(listed)) return listed;
  const ours = listed.find(({ metadata }) => metadata?.refund_no === wanted.providerRefundNo);
  if (!ours) return { kind: "missing", why: `not among the ${listed.length} refunds of the payment` };
  return isRefundOf(ours, payment, wanted)
    ? refundOutcome(ours)
    : { kind: "unknown", why: "Stripe's refund has our number and another amount" };
}

type Unclear = { kind: "unknown"; why: string; unlisted?: string };

/** That Stripe knows nothing of it under this key proves nothing: the key may be another account's by now. */
function unclear(said: StripeFailure): Unclear {
  if (said.kind === "unknown") return said;
  const { code } = said.error;
  const unclear = { kind: "unknown", why: `Stripe: ${code}` } as const;
  return refusalOfMove(refusals.retrieve, said.error) ? unclear : { ...unclear, unlisted: code };
}

/** Both Stripe's largest page and the most pages that are read. */
const pageSize = 100;
const mostPages = 10;

/** Every refund of a payment intent, newest first; a list that is not complete is unknown. */
export async function refundsOf(ask: AskStripe, tradeNo: string): Promise<wire.StripeRefund[] | Unclear> {
  const refunds: wire.StripeRefund[] = [];
  for (let page = 0; page < mostPages; page += 1) {
    const last = refunds.at(-1)?.id;
    const said = await ask((stripe) =>
      stripe.refunds.list({
        payment_intent: tradeNo,
        limit: pageSize,
        ...(last !== undefined && { starting_after: last }),
      }),
    );
    if (said.kind !== "answered") return unclear(said);
    const list = wire.refundList.safeParse(said.body);
    if (!list.success) return { kind: "unknown", why: "a list of refunds of another form" };
    refunds.push(...list.data.data);
    if (!list.data.has_more || list.data.data.length === 0) return refunds;
  }
  return { kind: "unknown", why: `more than ${mostPages * pageSize} refunds` };
}
