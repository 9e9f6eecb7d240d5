import type { Stripe } from "stripe";
import * as z from "zod";
import type { Payment } from "../../domain/payment.ts";
import type { PlannedRefund, Refund, RefundOutcome } from "../../domain/refund.ts";
import { refusalOfMove } from "../../domain/refusal.ts";
import { cut } from "../text-limit.ts";
import { toStripeAmount } from "./amounts.ts";
import type { StripeClient, StripeFailure } from "./client.ts";
import { metadataValue } from "./limits.ts";
import { isRefundOf, refundOutcome } from "./refund.ts";
import { refusals } from "./refusals.ts";
import * as wire from "./wire.ts";

/** The stored parameters of `POST /v1/refunds`; Stripe accepts only identical ones under the same idempotency key. */
const refundParameters = z.object({
  payment_intent: z.string(),
  amount: z.int(),
  metadata: z.object({ refund_no: z.string(), order_no: z.string(), reason: z.string().optional() }),
}) satisfies z.ZodType<Stripe.RefundCreateParams>;

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
      // Stripe's own field `reason` allows only three values.
      ...(reason && { reason: cut(reason, metadataValue) }),
    },
  };
}

/**
 * Uses the refund's own key, which must never be changed to get past an answer: Stripe repeats a stored 500 for the
 * life of the key (24 hours and more), and only `fetchRefund` tells whether that refund was made. A second key would
 * make a second refund. https://docs.stripe.com/api/idempotent_requests
 */
export async function refund(
  client: StripeClient,
  payment: Payment,
  requested: Refund,
): Promise<RefundOutcome> {
  const { prepared, idempotencyKey } = requested;
  const parameters = refundParameters.parse(prepared);
  const said = await client.post(refundsPath, parameters, /* mutation: stripe-refund-key */ idempotencyKey);
  if (said.kind === "unknown") return said;
  if (said.kind === "refused") return refusal(said);
  const made = wire.refund.safeParse(said.body);
  if (!made.success || !isRefundOf(made.data, payment, requested)) {
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

/** Finds a refund by Stripe's id or, before we know the id, by our number among all refunds of the payment. */
export async function fetchRefund(
  client: StripeClient,
  payment: Payment,
  requested: Refund,
): Promise<RefundOutcome> {
  const { refundId } = requested;
  if (refundId) {
    const said = await client.get(`${refundsPath}/${encodeURIComponent(refundId)}`);
    if (said.kind !== "answered") return unclear(said);
    const fetched = wire.refund.safeParse(said.body);
    if (fetched.success && isRefundOf(fetched.data, payment, requested)) return refundOutcome(fetched.data);
    return { kind: "unknown", why: "Stripe's answer is not this refund" };
  }
  const listed = await refundsOf(client, payment.tradeNo);
  if (!Array.isArray(listed)) return listed;
  const ours = listed.find(({ metadata }) => metadata?.refund_no === requested.providerRefundNo);
  if (!ours) return { kind: "missing", why: `not among the ${listed.length} refunds of the payment` };
  return isRefundOf(ours, payment, requested)
    ? refundOutcome(ours)
    : { kind: "unknown", why: "Stripe's refund has our number and another amount" };
}

type Unclear = { kind: "unknown"; why: string; unlisted?: string };

/** Stripe's "not found" proves nothing: the API key may belong to another account by now. */
function unclear(said: StripeFailure): Unclear {
  if (said.kind === "unknown") return said;
  const { code } = said.error;
  const unclear = { kind: "unknown", why: `Stripe: ${code}` } as const;
  return refusalOfMove(refusals.retrieve, said.error) ? unclear : { ...unclear, unlisted: code };
}

const refundsPath = "/v1/refunds";

/** Stripe's largest page, and the maximum number of pages that are read. */
const pageSize = 100;
const mostPages = 10;

/** Every refund of a payment intent, newest first; `unknown` if the list is incomplete. */
export async function refundsOf(
  client: StripeClient,
  tradeNo: string,
): Promise<wire.StripeRefund[] | Unclear> {
  const refunds: wire.StripeRefund[] = [];
  for (let page = 0; page < mostPages; page += 1) {
    const last = refunds.at(-1)?.id;
    const said = await client.get(refundsPath, {
      payment_intent: tradeNo,
      limit: pageSize,
      starting_after: last,
    });
    if (said.kind !== "answered") return unclear(said);
    const list = wire.refundList.safeParse(said.body);
    if (!list.success) return { kind: "unknown", why: "a list of refunds of another form" };
    refunds.push(...list.data.data);
    if (!list.data.has_more || list.data.data.length === 0) return refunds;
  }
  return { kind: "unknown", why: `more than ${mostPages * pageSize} refunds` };
}
