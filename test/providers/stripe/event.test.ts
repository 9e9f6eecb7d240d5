import { describe, expect, it } from "vitest";
import { createdAt, orderNo } from "../payments.ts";
import { openStripe, paidSession, session, sessionId, signatureOf, stripeRefund } from "./account.ts";

const created = 1763899400;

function hear(type: string, object: unknown, changes: Record<string, unknown> = {}) {
  const event = {
    id: "evt_1",
    object: "event",
    type,
    created,
    livemode: false,
    data: { object },
    ...changes,
  };
  return hearText(JSON.stringify(event));
}

function hearText(body: string | Buffer) {
  const call = { body: Buffer.from(body), headers: { "stripe-signature": signatureOf(body) } };
  return openStripe().hear(call, "acct_1");
}

const told = { ...paidSession(), payment_intent: "pi_1" };
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

describe("an event of Stripe", () => {
  it.each(["checkout.session.completed", "checkout.session.async_payment_succeeded"])(
    "%s of a paid session is a payment",
    async (type) => {
      expect(await hear(type, told)).toEqual({ eventId: "evt_1", eventType: type, observations: [paid] });
    },
  );

  it("of a connected account keeps that account", async () => {
    const { observations } = await hear("checkout.session.completed", told, { account: "acct_2" });
    expect(observations).toEqual([{ ...paid, account: "acct_2" }]);
  });

  it("of another mode than the key's is never a payment", async () => {
    const { observations } = await hear("checkout.session.completed", told, { livemode: true });
    expect(observations).toEqual([{ kind: "unrecognised", said: "checkout.session.completed of live mode" }]);
  });

  it.each([
    ["checkout.session.completed", completed, "started"],
    ["checkout.session.completed", session(), "unrecognised"],
    ["checkout.session.completed", { ...told, payment_status: "half" }, "unrecognised"],
    ["checkout.session.completed", { ...told, payment_status: "no_payment_required" }, "unrecognised"],
    ["checkout.session.completed", { ...told, client_reference_id: null }, "ignored"],
    ["checkout.session.completed", { id: "cs_1" }, "unrecognised"],
    ["checkout.session.completed", null, "unrecognised"],
    ["checkout.session.async_payment_succeeded", completed, "unrecognised"],
    ["checkout.session.async_payment_failed", completed, "failed"],
    ["checkout.session.async_payment_failed", told, "unrecognised"],
    ["checkout.session.expired", session({ status: "expired" }), "closed"],
    ["checkout.session.expired", session(), "unrecognised"],
    ["checkout.session.expired", told, "unrecognised"],
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
  ])("%s is told apart (%#)", async (type, object, kind) => {
    expect((await hear(type, object)).observations).toEqual([expect.objectContaining({ kind })]);
  });

  // The buyer chooses client_reference_id in a Payment Link's URL, but no metadata:
  // https://docs.stripe.com/payment-links/customize, https://dev.to/stripe/payment-link-data-passing-1njp
  const marks = [
    ["no metadata", null],
    ["empty metadata", {}],
    ["the link's own metadata", { campaign: "spring" }],
    ["the mark of another order", { order_no: "UNI20251123120000ZZZZZZZZZZZZZZZZ" }],
    ["our merchant's number alone", { out_trade_no: "shop-1" }],
    ["our order's number in other letters", { order_no: orderNo.toLowerCase() }],
  ] as const;
  const foreign = { id: "cs_test_link", payment_link: "plink_1" };
  it.each(
    marks.flatMap(([title, metadata]) =>
      [
        ["checkout.session.completed", { ...told, ...foreign, metadata }],
        ["checkout.session.completed", { ...completed, ...foreign, metadata }],
        ["checkout.session.async_payment_succeeded", { ...told, ...foreign, metadata }],
        ["checkout.session.async_payment_failed", { ...completed, ...foreign, metadata }],
        ["checkout.session.expired", session({ ...foreign, status: "expired", metadata })],
      ].map(([type, object]) => [type, title, object] as [string, string, object]),
    ),
  )("%s of a session with our number and %s only makes us look at our own", async (type, _title, object) => {
    expect((await hear(type, object)).observations).toEqual([
      { kind: "hint", orderNo, why: `${type} of a session that we did not make: cs_test_link` },
    ]);
  });

  it.each([
    ["checkout.session.completed", told, "paid"],
    ["checkout.session.completed", completed, "started"],
    ["checkout.session.async_payment_failed", completed, "failed"],
    ["checkout.session.expired", session({ status: "expired" }), "closed"],
  ])("%s (%#) names the session that says so", async (type, object, kind) => {
    expect((await hear(type, object)).observations).toEqual([
      expect.objectContaining({ kind, objectId: sessionId }),
    ]);
  });

  it("that begins with a byte order mark is verified over its raw bytes, then read", async () => {
    const event = { id: "evt_1", object: "event", type: "customer.created", created, livemode: false };
    const body = Buffer.from(`\uFEFF${JSON.stringify({ ...event, data: { object: {} } })}`);
    expect((await hearText(body)).eventType).toBe("customer.created");
    const call = { body, headers: { "stripe-signature": signatureOf(body.subarray(3)) } };
    await expect(openStripe().hear(call, "acct_1")).rejects.toMatchObject({
      failure: "notification_refused",
    });
  });

  it("of a refund carries our numbers, if it is ours, and Stripe's id always", async () => {
    const seen = {
      kind: "refunded",
      tradeNo: "pi_1",
      refundId: "re_1",
      amount: { minor: 230, currency: "USD" },
    };
    expect((await hear("refund.created", refund("succeeded"))).observations).toEqual([
      { ...seen, orderNo, refundNo: "R1" },
    ]);
    expect((await hear("refund.created", refund("succeeded", { metadata: {} }))).observations).toEqual([
      { ...seen, orderNo: null, refundNo: null },
    ]);
  });

  it("of a connected account's refund or dispute is none of ours", async () => {
    for (const [type, object] of [
      ["refund.created", refund("succeeded")],
      ["charge.dispute.created", { payment_intent: "pi_1" }],
    ] as const) {
      const { observations } = await hear(type, object, { account: "acct_2" });
      expect(observations).toEqual([{ kind: "ignored", why: `${type} of the connected account acct_2` }]);
      expect((await hear(type, object, { account: "acct_1" })).observations).not.toEqual(observations);
    }
  });

  it.each([
    ["no JSON", "{"],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["UTF-16", Buffer.from('{"id":"evt_1"}', "utf16le")],
    ["no event", "{}"],
    ["a thin event", '{"id":"evt_1","object":"v2.core.event","type":"x"}'],
    ["an empty body", ""],
  ])("that is %s is malformed", async (_title, body) => {
    await expect(hearText(body)).rejects.toMatchObject({ failure: "notification_malformed" });
  });

  it("is refused, not read, without a good signature", async () => {
    const call = { body: Buffer.from("{"), headers: { "stripe-signature": signatureOf("other") } };
    await expect(openStripe().hear(call, "acct_1")).rejects.toMatchObject({
      failure: "notification_refused",
    });
    const late = new Date(createdAt.getTime() + 400_000);
    const stale = { body: Buffer.from("{}"), headers: { "stripe-signature": signatureOf("{}") } };
    await expect(openStripe({ now: late }).hear(stale, "acct_1")).rejects.toMatchObject({
      failure: "notification_refused",
    });
  });
});
