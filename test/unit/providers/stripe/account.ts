import { createHmac } from "node:crypto";
import { stripe } from "../../../../lib/providers/stripe/stripe.ts";
import type { Reply } from "../../outbound/local-server.ts";
import { clockAt, createdAt, orderNo, payment } from "../payments.ts";

export const secretKey = "sk_test_canaryKey123";
export const webhookSecret = "whsec_canarySecret";
export const sessionId = "cs_test_a1";

export function openStripe({
  baseUrl,
  now = createdAt,
  ...changes
}: {
  baseUrl?: string;
  now?: Date | string;
  secret_key?: string;
  webhook_secret?: string | string[];
} = {}) {
  const raw = { secret_key: secretKey, webhook_secret: webhookSecret, ...changes };
  return stripe.open(stripe.credentials.parse(raw), { clock: clockAt(now), baseUrl, account: "acct_1" });
}

/** A Checkout session in the API's format. */
export function session(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: sessionId,
    object: "checkout.session",
    url: "https://checkout.stripe.com/c/pay/cs_test_a1#x",
    status: "open",
    payment_status: "unpaid",
    client_reference_id: orderNo,
    metadata: { order_no: orderNo, out_trade_no: "shop-1" },
    amount_total: 1230,
    currency: "usd",
    livemode: false,
    payment_intent: null,
    ...changes,
  };
}

/** A session that is paid through one charge. */
export function paidSession(charge: Record<string, unknown> = {}): Record<string, unknown> {
  const latest_charge = { id: "ch_1", created: 1763899300, amount_refunded: 0, currency: "usd", ...charge };
  return session({
    status: "complete",
    payment_status: "paid",
    payment_intent: { id: "pi_1", status: "succeeded", latest_charge },
  });
}

export const storedPayment = payment({
  providerAccount: "acct_1",
  payable: { paymentId: sessionId, paymentUrl: "https://checkout.stripe.com/x", qrCode: "", extraData: {} },
});

/** A refund of 2.30 USD of `pi_1`, in the API's format. */
export function stripeRefund(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: "re_1",
    object: "refund",
    amount: 230,
    currency: "usd",
    status: "succeeded",
    payment_intent: "pi_1",
    metadata: { refund_no: "R1", order_no: orderNo },
    ...changes,
  };
}

/** A page of a list. */
export function page(data: unknown[], has_more = false): Record<string, unknown> {
  return { object: "list", data, has_more };
}

export function json(
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
): Exclude<Reply, string> {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** An answer with Stripe's error object. */
export function refusal(status: number, error: Record<string, unknown>): Exclude<Reply, string> {
  return json({ error }, status);
}

/** `stripe-signature` as Stripe makes it. */
export function signatureOf(
  body: string | Buffer,
  secret = webhookSecret,
  time = Math.floor(createdAt.getTime() / 1000),
) {
  return `t=${time},v1=${createHmac("sha256", secret).update(`${time}.`).update(body).digest("hex")}`;
}
