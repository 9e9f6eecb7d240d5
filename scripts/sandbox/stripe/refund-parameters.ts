import { readForm } from "./form.ts";
import { checkMetadata } from "./session-parameters.ts";
import { StripeError } from "./stripe-error.ts";

/** The input of a valid `POST /v1/refunds`. Without an amount it refunds the rest. */
export type RefundInput = {
  intentId?: string | undefined;
  chargeId?: string | undefined;
  amount?: number | undefined;
  reason?: string | undefined;
  metadata?: Record<string, string> | undefined;
};

/** Parameters of docs.stripe.com/api/refunds/create that are simulated; any other is refused. */
const shape = {
  amount: "integer",
  charge: "text",
  metadata: { "*": "text" },
  payment_intent: "text",
  reason: "text",
} as const;

const reasons = ["duplicate", "fraudulent", "requested_by_customer"];

/** Reads and checks the body of a create. Throws a `StripeError`. */
export function readRefundParameters(body: string): RefundInput {
  const { amount, charge, metadata, payment_intent, reason } = readForm(body, shape);
  checkMetadata(metadata, "metadata");
  if (payment_intent === undefined && charge === undefined) {
    throw new StripeError("One of the following params should be provided: payment_intent or charge.");
  }
  if (amount !== undefined && amount < 1) {
    const details = { code: "parameter_invalid_integer", param: "amount" };
    throw new StripeError("Invalid positive integer", details);
  }
  if (reason !== undefined && !reasons.includes(reason)) {
    throw new StripeError(`Invalid reason: must be one of ${reasons.join(", ")}`, { param: "reason" });
  }
  return { intentId: payment_intent, chargeId: charge, amount, reason, metadata };
}
