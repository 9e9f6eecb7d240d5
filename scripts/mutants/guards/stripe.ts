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
    from: "if (!isSessionOf(session, orderNo)) {",
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
    from: "stripe.refunds.create(parameters, { idempotencyKey })",
    to: "stripe.refunds.create(parameters, { idempotencyKey: crypto.randomUUID() })",
  },
  {
    name: "Stripe: a close carries a key, and Stripe repeats an old refusal",
    ...of("stripe", "session"),
    from: "stripe.checkout.sessions.expire(id)",
    to: "stripe.checkout.sessions.expire(id, {}, { idempotencyKey: id })",
  },
  {
    name: "Stripe: an event of a session that a Payment Link made is about our order",
    ...of("event", "event"),
    from: "if (!isSessionOf(session, orderNo)) {",
    to: `if (session.id === "") {`,
  },
  {
    name: "Stripe: our mark in a session's metadata is not asked for",
    ...of("session", "event"),
    from: "return reference === orderNo && metadata?.order_no === orderNo;",
    to: "return reference === orderNo;",
  },
  {
    name: "Stripe: another session's answer is believed",
    ...of("stripe", "session"),
    from: "if (session.data.id === payable.paymentId) return",
    to: "if (session.data.id !== undefined) return",
  },
  {
    name: "Stripe: refunds that took a failed one's place are told before it",
    ...of("stripe", "session"),
    from: `(kind === "refundFailed" ? 0 : 1)`,
    to: "(kind === undefined ? 0 : 1)",
  },
  {
    name: "Stripe: a refund that failed is not seen once the charge shows none",
    ...of("session", "session"),
    from: "chargeOf(session)?.amount_refunded || refundedMinor > 0 ?",
    to: "chargeOf(session)?.amount_refunded ?",
  },
  {
    name: "Stripe: a balance that is too low by message_code ends the refund",
    ...of("client", "refund"),
    from: `if (typeof named === "string" && named !== "") return named;`,
    to: "",
  },
  {
    name: "Stripe: a balance that is too low in words ends the refund",
    ...of("client", "refund"),
    from: "if (/\\binsufficient funds in your stripe (balance|account)\\b/i.test(message)) {",
    to: "if (message === code) {",
  },
  {
    name: "Stripe: another request's key means a refusal",
    ...of("client", "refund"),
    from: `if (rawType === "idempotency_error") {`,
    to: `if (rawType === "authentication_error") {`,
  },
  {
    name: "Stripe: a refund that nobody can read is refused",
    ...of("make-refund", "refund"),
    from: "if (!refusal) return { ...unknown, unlisted: error.code };",
    to: `if (!refusal) return { kind: "refused", error, fault: "merchant", ends: "nothing", listed: false };`,
  },
  {
    name: "Stripe: eight digits of every currency",
    ...of("limits", "limits"),
    from: "Object.hasOwn(mostUnits, currency) ? (mostUnits[currency] ?? eightDigits) : eightDigits",
    to: "Object.hasOwn(mostUnits, currency) ? eightDigits : eightDigits",
  },
  {
    name: "Stripe: a subject is cut in UTF-16 units",
    ...of("checkout", "limits"),
    from: "cut(payment.subject, productName)",
    to: `cut(payment.subject, { ...productName, unit: "utf16" })`,
  },
  {
    name: "Stripe: a key is taken only in the spelling of its form",
    ...of("credentials", "credentials"),
    from: `.replace(/[\\s\\u200b\\u2060\\ufeff]+/g, " ")`,
    to: "",
  },
  {
    name: "Stripe: an answer with a byte order mark is no JSON",
    ...of("client", "session"),
    from: `new TextDecoder("utf-8", { fatal: true }).decode(body)`,
    to: `body.toString("utf8")`,
  },
];
