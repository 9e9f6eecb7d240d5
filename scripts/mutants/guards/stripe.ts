import type { Mutant } from "../mutant.ts";
import { ofAdapter } from "../of-adapter.ts";

const of = ofAdapter("stripe");

/** What Stripe's adapter checks before it says anything: who says it, of which account, order and amount. */
export const stripeGuards: Mutant[] = [
  {
    name: "Stripe: an event with any signature is believed",
    ...of("signature", "signature"),
    from: `if (!fits) refuse("the signature does not fit the event");`,
    to: "",
  },
  {
    name: "Stripe: an old event is believed",
    ...of("signature", "signature"),
    from: "if (Math.abs(now.getTime() / 1000 - Number(time)) > toleranceSeconds) {",
    to: "if (Number(time) - now.getTime() / 1000 > toleranceSeconds) {",
  },
  {
    name: "Stripe: an event from the future is believed",
    ...of("signature", "signature"),
    from: "if (Math.abs(now.getTime() / 1000 - Number(time)) > toleranceSeconds) {",
    to: "if (now.getTime() / 1000 - Number(time) > toleranceSeconds) {",
  },
  {
    name: "Stripe: a header may hold two times, one of them signed",
    ...of("signature", "signature"),
    from: " || furtherTimes.length > 0",
    to: "",
  },
  {
    name: "Stripe: signatures of another scheme are taken",
    ...of("signature", "signature"),
    from: `valuesOf("v1").filter`,
    to: `[...valuesOf("v1"), ...valuesOf("v0")].filter`,
  },
  {
    name: "Stripe: test mode pays for live mode",
    ...of("event", "event"),
    from: "if (event.livemode !== livemode) {",
    to: `if (event.id === "") {`,
  },
  {
    name: "Stripe: a payment to a connected account is ours",
    ...of("event", "event"),
    from: "event.account ?? account",
    to: "account",
  },
  {
    name: "Stripe: a connected account's refund is ours",
    ...of("event", "event"),
    from: "if (event.account && event.account !== account) {",
    to: "if (event.account && event.account === account) {",
  },
  {
    name: "Stripe: an event whose name and content differ is believed",
    ...of("event", "event"),
    from: "expected[type]?.includes(first.kind)",
    to: "expected[type]",
  },
  {
    name: "Stripe: a session of another order is believed",
    ...of("session", "session"),
    from: "if (session.client_reference_id !== orderNo) {",
    to: "if (!session.client_reference_id) {",
  },
  {
    name: "Stripe: a refund of another number is ours",
    ...of("refund", "refund"),
    from: `(refundNo === "" || told.metadata?.refund_no === providerRefundNo) &&`,
    to: "",
  },
  {
    name: "Stripe: another refunded amount is believed",
    ...of("refund", "refund"),
    from: "said?.minor === amount.minor &&",
    to: "said !== undefined &&",
  },
  {
    name: "Stripe: another refunded currency is believed",
    ...of("refund", "refund"),
    from: "said?.minor === amount.minor &&\n    said.currency === amount.currency",
    to: "said?.minor === amount.minor",
  },
  {
    name: "Stripe: a refund of another payment is ours",
    ...of("refund", "refund"),
    from: "told.payment_intent === payment.tradeNo &&",
    to: "",
  },
  {
    name: "Stripe: a refund is repeated under another key, and made twice",
    ...of("make-refund", "refund"),
    from: "{ idempotencyKey: providerRefundNo },",
    to: "{ idempotencyKey: crypto.randomUUID() },",
  },
  {
    name: "Stripe: a close carries a key, and Stripe repeats an old refusal",
    ...of("stripe", "session"),
    from: "stripe.checkout.sessions.expire(id)",
    to: "stripe.checkout.sessions.expire(id, {}, { idempotencyKey: id })",
  },
];
