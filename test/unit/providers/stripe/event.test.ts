import { describe, expect, it } from "vitest";
import { createdAt, orderNo } from "../payments.ts";
import { openStripe, paidSession, session, sessionId, signatureOf, stripeRefund } from "./account.ts";

const created = 1763899400;

function parseWebhook(type: string, object: unknown, changes: Record<string, unknown> = {}) {
  const event = {
    id: "evt_1",
    object: "event",
    type,
    created,
    livemode: false,
    data: { object },
    ...changes,
  };
  return parseText(JSON.stringify(event));
}

function parseText(body: string | Buffer) {
  const call = { body: Buffer.from(body), headers: { "stripe-signature": signatureOf(body) } };
  return openStripe().parseWebhook(call, "acct_1");
}

const notified = { ...paidSession(), payment_intent: "pi_1" };
const completed = session({ status: "complete", payment_intent: "pi_1" });
const paid = {
  kind: "paid",
  orderNo,
  account: "acct_1",
  amount: { minor: 1230, currency: "USD" },
  tradeNo: "pi_1",
  paidAt: new Date(created * 1000),
  objectId: sessionId,
};
const refund = (status: string, changes: Record<string, unknown> = {}) =>
  stripeRefund({ status, ...changes });

describe("Stripe events", () => {
  it.each(["checkout.session.completed", "checkout.session.async_payment_succeeded"])(
    "a Stripe event %s of a paid session gives a paid event",
    async (type) => {
      expect(await parseWebhook(type, notified)).toEqual({
        eventId: "evt_1",
        eventType: type,
        events: [paid],
      });
    },
  );

  it("a Stripe event of a connected account keeps that account", async () => {
    const { events } = await parseWebhook("checkout.session.completed", notified, { account: "acct_2" });
    expect(events).toEqual([{ ...paid, account: "acct_2" }]);
  });

  it("a Stripe event of another mode than the key's never gives a payment", async () => {
    const { events } = await parseWebhook("checkout.session.completed", notified, { livemode: true });
    expect(events).toEqual([{ kind: "unrecognised", said: "checkout.session.completed of live mode" }]);
  });

  it.each([
    ["checkout.session.completed", completed, "in_transit"],
    ["checkout.session.completed", session(), "unrecognised"],
    ["checkout.session.completed", { ...notified, payment_status: "half" }, "unrecognised"],
    ["checkout.session.completed", { ...notified, payment_status: "no_payment_required" }, "unrecognised"],
    ["checkout.session.completed", { ...notified, client_reference_id: null }, "ignored"],
    ["checkout.session.completed", { id: "cs_1" }, "unrecognised"],
    ["checkout.session.completed", null, "unrecognised"],
    ["checkout.session.async_payment_succeeded", completed, "unrecognised"],
    ["checkout.session.async_payment_failed", completed, "failed"],
    ["checkout.session.async_payment_failed", notified, "unrecognised"],
    ["checkout.session.expired", session({ status: "expired" }), "closed"],
    ["checkout.session.expired", session(), "unrecognised"],
    ["checkout.session.expired", notified, "unrecognised"],
    ["checkout.session.something_new", session(), "ignored"],
    ["payment_intent.payment_failed", { id: "pi_1" }, "ignored"],
    ["payment_intent.succeeded", { id: "pi_1" }, "ignored"],
    ["charge.refunded", { id: "ch_1" }, "ignored"],
    ["customer.created", {}, "ignored"],
    ["refund.created", refund("succeeded"), "refunded"],
    ["refund.created", refund("pending"), "refundPending"],
    ["refund.updated", refund("requires_action"), "refundPending"],
    ["refund.failed", refund("failed"), "refundFailed"],
    ["refund.updated", refund("canceled"), "refundFailed"],
    ["refund.updated", refund("new"), "unrecognised"],
    ["refund.updated", refund("succeeded", { payment_intent: null }), "ignored"],
    ["refund.updated", refund("succeeded", { currency: "xxx" }), "unrecognised"],
    [
      "charge.dispute.created",
      { payment_intent: "pi_1", reason: "fraudulent", status: "needs_response" },
      "disputed",
    ],
    ["charge.dispute.created", { payment_intent: null }, "ignored"],
  ])("a Stripe event %s gives $2 (%#)", async (type, object, kind) => {
    expect((await parseWebhook(type, object)).events).toEqual([expect.objectContaining({ kind })]);
  });

  // The buyer chooses client_reference_id in a Payment Link's URL, but no metadata:
  // https://docs.stripe.com/payment-links/customize, https://dev.to/stripe/payment-link-data-passing-1njp
  const marks = [
    ["no metadata", null],
    ["empty metadata", {}],
    ["the link's own metadata", { campaign: "spring" }],
    ["another order's number", { order_no: "UNI20251123120000ZZZZZZZZZZZZZZZZ" }],
    ["only the merchant's number", { out_trade_no: "shop-1" }],
    ["our number in lower case", { order_no: orderNo.toLowerCase() }],
  ] as const;
  const external = { id: "cs_test_link", payment_link: "plink_1" };
  it.each(
    marks.flatMap(([title, metadata]) =>
      [
        ["checkout.session.completed", { ...notified, ...external, metadata }],
        ["checkout.session.completed", { ...completed, ...external, metadata }],
        ["checkout.session.async_payment_succeeded", { ...notified, ...external, metadata }],
        ["checkout.session.async_payment_failed", { ...completed, ...external, metadata }],
        ["checkout.session.expired", session({ ...external, status: "expired", metadata })],
      ].map(([type, object]) => [type, title, object] as [string, string, object]),
    ),
  )(
    "a Stripe event %s of a session with our number and %s only triggers a fetch",
    async (type, _title, object) => {
      expect((await parseWebhook(type, object)).events).toEqual([
        { kind: "refetch", orderNo, why: `${type} of a session that we did not make: cs_test_link` },
      ]);
    },
  );

  it.each([
    ["checkout.session.completed", notified, "paid"],
    ["checkout.session.completed", completed, "in_transit"],
    ["checkout.session.async_payment_failed", completed, "failed"],
    ["checkout.session.expired", session({ status: "expired" }), "closed"],
  ])("a Stripe event %s (%#) names its session", async (type, object, kind) => {
    expect((await parseWebhook(type, object)).events).toEqual([
      expect.objectContaining({ kind, objectId: sessionId }),
    ]);
  });

  it("a Stripe event with a byte order mark is verified over its raw bytes, then read", async () => {
    const event = { id: "evt_1", object: "event", type: "customer.created", created, livemode: false };
    const body = Buffer.from(`\uFEFF${JSON.stringify({ ...event, data: { object: {} } })}`);
    expect((await parseText(body)).eventType).toBe("customer.created");
    const call = { body, headers: { "stripe-signature": signatureOf(body.subarray(3)) } };
    await expect(openStripe().parseWebhook(call, "acct_1")).rejects.toMatchObject({
      failure: "notification_refused",
    });
  });

  it("a Stripe event of a refund carries Stripe's id, and our numbers if the refund is ours", async () => {
    const seen = {
      kind: "refunded",
      tradeNo: "pi_1",
      refundId: "re_1",
      amount: { minor: 230, currency: "USD" },
    };
    expect((await parseWebhook("refund.created", refund("succeeded"))).events).toEqual([
      { ...seen, orderNo, refundNo: "R1" },
    ]);
    expect((await parseWebhook("refund.created", refund("succeeded", { metadata: {} }))).events).toEqual([
      { ...seen, orderNo: null, refundNo: null },
    ]);
  });

  it("a Stripe event of a connected account's refund or dispute is ignored", async () => {
    for (const [type, object] of [
      ["refund.created", refund("succeeded")],
      ["charge.dispute.created", { payment_intent: "pi_1" }],
    ] as const) {
      const { events } = await parseWebhook(type, object, { account: "acct_2" });
      expect(events).toEqual([{ kind: "ignored", why: `${type} of the connected account acct_2` }]);
      expect((await parseWebhook(type, object, { account: "acct_1" })).events).not.toEqual(events);
    }
  });

  it.each([
    ["not JSON", "{"],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["UTF-16", Buffer.from('{"id":"evt_1"}', "utf16le")],
    ["not an event", "{}"],
    ["a thin event", '{"id":"evt_1","object":"v2.core.event","type":"x"}'],
    ["empty", ""],
  ])("a Stripe webhook whose body is %s is malformed", async (_title, body) => {
    await expect(parseText(body)).rejects.toMatchObject({ failure: "notification_malformed" });
  });

  it("a Stripe webhook without a good signature is refused before it is read", async () => {
    const call = { body: Buffer.from("{"), headers: { "stripe-signature": signatureOf("other") } };
    await expect(openStripe().parseWebhook(call, "acct_1")).rejects.toMatchObject({
      failure: "notification_refused",
    });
    const late = new Date(createdAt.getTime() + 400_000);
    const stale = { body: Buffer.from("{}"), headers: { "stripe-signature": signatureOf("{}") } };
    await expect(openStripe({ now: late }).parseWebhook(stale, "acct_1")).rejects.toMatchObject({
      failure: "notification_refused",
    });
  });
});
