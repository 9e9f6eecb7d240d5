import fc from "fast-check";
import { fromStripeAmount } from "../../../lib/providers/stripe/amounts.ts";
import { stripeCredentials } from "../../../lib/providers/stripe/credentials.ts";
import { refundOutcome, refundSeen } from "../../../lib/providers/stripe/refund.ts";
import { sessionEvents } from "../../../lib/providers/stripe/session.ts";
import { verifyStripeSignature } from "../../../lib/providers/stripe/signature.ts";
import * as wire from "../../../lib/providers/stripe/wire.ts";
import { credentialParsers } from "../../properties/parsers/credentials.ts";
import { assertFact, assertFacts, assertOutcome, assertParsed } from "../../properties/parsers/facts.ts";
import {
  bytesLike,
  hardJson,
  jsonBytesLike,
  jsonLike,
  longestWebhook,
  textLike,
} from "../../properties/parsers/hostile.ts";
import { demand, type Parser, parser } from "../../properties/parsers/parser.ts";
import { createdAt, orderNo } from "../../unit/providers/payments.ts";
import {
  openStripe,
  page,
  paidSession,
  session,
  signatureOf,
  stripeRefund,
  webhookSecret,
} from "../../unit/providers/stripe/account.ts";

const stripe = openStripe();
const source = { orderNo, account: "acct_1", saidAt: createdAt };

const event = (type: string, object: object) => ({
  ...{ id: "evt_1", object: "event", type, created: 1_763_899_200, livemode: false },
  data: { object },
});
const paid = { status: "complete", payment_status: "paid", payment_intent: "pi_1" };
const events = [
  event("checkout.session.completed", session(paid)),
  event("checkout.session.expired", session({ status: "expired" })),
  event("refund.updated", stripeRefund()),
  event("charge.dispute.created", { payment_intent: { id: "pi_1" }, reason: "fraudulent", status: "lost" }),
];
const stripeBody = Buffer.from(JSON.stringify(events[0]));

export const parsers: readonly Parser[] = [
  parser({
    name: "Stripe session",
    input: jsonLike(session(), paidSession(), paidSession({ amount_refunded: 230 })),
    parse(body) {
      const { data } = wire.checkoutSession.safeParse(body);
      return data ? sessionEvents(data, source) : [];
    },
    holds: assertFacts,
  }),
  parser({
    name: "Stripe refund",
    input: jsonLike(stripeRefund(), page([stripeRefund(), stripeRefund({ id: "re_2", status: "failed" })])),
    parse(body) {
      const list = wire.refundList.safeParse(body).data?.data ?? [];
      const one = wire.refund.safeParse(body).data;
      return [...list, ...(one ? [one] : [])];
    },
    holds(refunds) {
      for (const notified of refunds) {
        assertFact(refundSeen(notified, "pi_1", orderNo));
        assertOutcome(refundOutcome(notified));
      }
    },
  }),
  parser({
    name: "Stripe amount",
    input: fc.tuple(
      fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.double()),
      textLike("usd", "jpy", "bhd", "isk", "xxx"),
    ),
    parse: ([units, currency]) => fromStripeAmount(units, currency),
    holds: (money) => money && assertFact({ kind: "refundedTotal", orderNo: "", tradeNo: "t", total: money }),
  }),
  parser({
    name: "Stripe signature",
    input: fc.tuple(
      textLike(signatureOf(stripeBody), "t=1763899200,v1=00,v0=11"),
      bytesLike(stripeBody.toString()),
    ),
    parse: ([header, body]) => verifyStripeSignature(body, header, [webhookSecret], createdAt),
    holds: (_, [, body]) => demand(body.equals(stripeBody), "an unsigned event is accepted"),
    hardest: ["t=1,".repeat(20_000), "v1=".repeat(20_000), ",".repeat(60_000)].map(
      (header): [string, Buffer] => [header, stripeBody],
    ),
  }),
  parser({
    name: "Stripe event",
    input: jsonBytesLike(...events),
    parse: (body) => stripe.read(body, "acct_1"),
    holds: (parsed) => assertParsed(parsed),
    hardest: hardJson(longestWebhook).map((text) => Buffer.from(text)),
  }),
  ...credentialParsers("stripe", stripeCredentials, {
    secret_key: "sk_test_abc",
    webhook_secret: ["whsec_abc"],
  }),
];
