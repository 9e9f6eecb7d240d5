import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { aReceiver } from "./receiver.ts";
import { aSandbox } from "./sandbox.ts";
import { aStripeMerchant } from "./stripe-merchant.ts";

async function aPaidSession() {
  const sandbox = await aSandbox();
  const receiver = await aReceiver();
  const merchant = await aStripeMerchant(sandbox, receiver.url);
  const { id } = await merchant.stripe.checkout.sessions.create(merchant.input());
  const act = (name: string, more: object = {}) =>
    sandbox.control("stripe", name, { order_no: "ORDER1", ...more });
  const payment_intent = (await act("pay")).body.trade_no ?? "";
  await sandbox.attempts("stripe", 1);
  const refund = (more: Partial<Stripe.RefundCreateParams> = {}, idempotencyKey?: string) =>
    merchant.stripe.refunds.create({ payment_intent, ...more }, { idempotencyKey });
  const charge = async () => {
    const expand = ["payment_intent.latest_charge"];
    const session = await merchant.stripe.checkout.sessions.retrieve(id, { expand });
    return (session.payment_intent as Stripe.PaymentIntent).latest_charge as Stripe.Charge;
  };
  /** The events after the payment, verified by Stripe's SDK. */
  const notified = async (count: number) => {
    await sandbox.attempts("stripe", 1 + count);
    return receiver.received.slice(1).map(({ body, headers }) => {
      const signature = String(headers["stripe-signature"]);
      return Stripe.webhooks.constructEvent(body, signature, merchant.webhookSecret);
    });
  };
  return { sandbox, merchant, payment_intent, act, refund, charge, notified };
}

// Requests are made, and errors are classed, by stripe 23.1.0 (docs.stripe.com/api/refunds).
describe("Stripe simulator: refunds", () => {
  it("a Stripe simulator refund without an amount refunds the rest, and the charge shows refunds", async () => {
    const { sandbox, merchant, refund, charge, payment_intent } = await aPaidSession();
    const metadata = { order_no: "ORDER1", refund_no: "R1" };
    const first = await refund({ amount: 234, metadata, reason: "requested_by_customer" });
    expect(first).toMatchObject({
      id: expect.stringMatching(/^re_/),
      status: "succeeded",
      amount: 234,
      currency: "usd",
      metadata,
      payment_intent,
    });
    expect(await charge()).toMatchObject({ amount_refunded: 234, refunded: false });
    const rest = await refund();
    expect(rest.amount).toBe(1000);
    expect(await charge()).toMatchObject({ amount_refunded: 1234, refunded: true });
    expect(await merchant.stripe.refunds.retrieve(first.id)).toMatchObject({ id: first.id, amount: 234 });
    const page = await merchant.stripe.refunds.list({ payment_intent, limit: 1 });
    expect([page.has_more, page.data.map(({ id }) => id)]).toEqual([true, [rest.id]]);
    const next = await merchant.stripe.refunds.list({ payment_intent, starting_after: rest.id });
    expect([next.has_more, next.data.map(({ id }) => id)]).toEqual([false, [first.id]]);
    expect(await sandbox.list("stripe", "payments")).toMatchObject([
      { status: "refunded", refunded_minor: 1234 },
    ]);
  });

  // docs.stripe.com/error-codes: charge_already_refunded; more than the rest is an invalid amount.
  it("the Stripe simulator refuses a refund beyond the rest of the charge", async () => {
    const { refund } = await aPaidSession();
    await refund({ amount: 1000 });
    await expect(refund({ amount: 235 })).rejects.toMatchObject({ statusCode: 400, param: "amount" });
    await refund();
    await expect(refund()).rejects.toMatchObject({ statusCode: 400, code: "charge_already_refunded" });
  });

  it.each([
    ["a missing payment_intent", {}, { statusCode: 400 }],
    ["an unknown payment_intent", { payment_intent: "pi_3nobody" }, { code: "resource_missing" }],
    ["an amount of zero", { amount: 0 }, { code: "parameter_invalid_integer" }],
    ["a reason that Stripe does not have", { reason: "sold out" }, { param: "reason" }],
    ["an unknown parameter", { colour: "red" }, { code: "parameter_unknown" }],
  ])("the Stripe simulator refuses a refund for %s", async (_, input, error) => {
    const { merchant, payment_intent } = await aPaidSession();
    const of = Object.keys(input).some((name) => ["amount", "reason", "colour"].includes(name));
    const parameters = { ...(of && { payment_intent }), ...input } as Stripe.RefundCreateParams;
    await expect(merchant.stripe.refunds.create(parameters)).rejects.toMatchObject(error);
  });

  it("the Stripe simulator refunds only a paid session of the caller's account", async () => {
    const { sandbox, refund, payment_intent } = await aPaidSession();
    const other = await aStripeMerchant(sandbox);
    await expect(other.stripe.refunds.create({ payment_intent })).rejects.toMatchObject({
      code: "resource_missing",
    });
    await other.stripe.checkout.sessions.create(other.input({ client_reference_id: "ORDER2" }));
    const { body } = await sandbox.control("stripe", "start", { order_no: "ORDER2" });
    const early = other.stripe.refunds.create({ payment_intent: body.trade_no });
    await expect(early).rejects.toThrow("does not have a successful charge");
    expect((await refund()).status).toBe("succeeded");
  });

  // docs.stripe.com/api/idempotent_requests
  it("the Stripe simulator makes one refund per idempotency key", async () => {
    const { sandbox, refund } = await aPaidSession();
    const first = await refund({ amount: 100 }, "R1");
    const again = await refund({ amount: 100 }, "R1");
    expect(again.id).toBe(first.id);
    await expect(refund({ amount: 101 }, "R1")).rejects.toMatchObject({ type: "StripeIdempotencyError" });
    expect(await sandbox.list("stripe", "payments")).toMatchObject([{ refunded_minor: 100 }]);
  });

  // docs.stripe.com/api/events/types: refund.created, and charge.refunded with the charge's refunded total.
  it("a Stripe simulator refund sends refund.created and charge.refunded", async () => {
    const { refund, notified } = await aPaidSession();
    const { id } = await refund({ amount: 234, metadata: { refund_no: "R1" } });
    const events = (await notified(2)).toSorted((a, b) => a.type.localeCompare(b.type));
    expect(events).toMatchObject([
      { type: "charge.refunded", data: { object: { object: "charge", amount_refunded: 234 } } },
      {
        type: "refund.created",
        data: { object: { id, status: "succeeded", metadata: { refund_no: "R1" } } },
      },
    ]);
  });

  // docs.stripe.com/refunds#failed-refunds: a refund may fail after it succeeded; then the merchant has the money
  // again.
  it("a Stripe simulator refund can fail after it succeeded", async () => {
    const { act, refund, charge, notified, merchant } = await aPaidSession();
    const { id } = await refund({ metadata: { refund_no: "R1" } });
    await notified(2);
    await act("refund-result", { refund_no: "R1", status: "failed" });
    expect(await merchant.stripe.refunds.retrieve(id)).toMatchObject({
      status: "failed",
      failure_reason: expect.any(String),
    });
    expect(await charge()).toMatchObject({ amount_refunded: 0, refunded: false });
    const types = (await notified(4)).slice(2).map(({ type }) => type);
    expect(types.toSorted()).toEqual(["refund.failed", "refund.updated"]);
    expect((await refund()).status).toBe("succeeded");
    // The other refund has the money now (docs.stripe.com/api/refunds/create: no more than is left on the charge).
    expect((await act("refund-result", { refund_no: "R1", status: "succeeded" })).status).toBe(409);
    expect(await charge()).toMatchObject({ amount_refunded: 1234, refunded: true });
  });

  it.each(["pending", "requires_action", "canceled"] as const)(
    "a Stripe simulator refund can be created as %s and succeed later",
    async (status) => {
      const { sandbox, refund, merchant, act } = await aPaidSession();
      await act("refund-result", { status });
      const { id, status: made } = await refund({ metadata: { refund_no: "R1" } });
      expect(made).toBe(status);
      await act("refund-result", { refund_no: "R1", status: "succeeded" });
      expect((await merchant.stripe.refunds.retrieve(id)).status).toBe("succeeded");
      expect((await act("refund-result", { refund_no: "R2", status: "failed" })).status).toBe(404);
      expect(await sandbox.list("stripe", "payments")).toMatchObject([{ status: "refunded" }]);
    },
  );

  it("a Stripe simulator refund made in the dashboard has no metadata", async () => {
    const { act, notified } = await aPaidSession();
    expect((await act("refund", { amount: "2.34" })).status).toBe(200);
    const created = (await notified(2)).find(({ type }) => type === "refund.created");
    expect(created?.data.object).toMatchObject({ amount: 234, metadata: {} });
    expect((await act("refund", { amount: "10.01" })).status).toBe(409);
    expect((await act("refund", { amount: "1,00" })).status).toBe(400);
  });
});

// docs.stripe.com/api/disputes
describe("Stripe simulator: disputes", () => {
  it("a Stripe simulator dispute sends events and blocks refunds until it is won", async () => {
    const { act, refund, charge, notified, payment_intent } = await aPaidSession();
    await act("dispute");
    const [opened] = await notified(1);
    expect(opened).toMatchObject({
      type: "charge.dispute.created",
      data: { object: { payment_intent, amount: 1234, status: "needs_response" } },
    });
    expect((await charge()).disputed).toBe(true);
    await expect(refund()).rejects.toMatchObject({ code: "charge_disputed" });
    expect((await act("dispute")).status).toBe(409);
    await act("dispute", { status: "won" });
    const [, closed] = await notified(2);
    expect(closed).toMatchObject({ type: "charge.dispute.closed", data: { object: { status: "won" } } });
    expect((await refund()).status).toBe("succeeded");
  });
});

// docs.stripe.com/api/webhook_endpoints/update and docs.stripe.com/api/pagination
describe("Stripe simulator: webhook endpoints", () => {
  it("Stripe simulator webhook endpoints can change their events and are listed in pages", async () => {
    const sandbox = await aSandbox();
    const { stripe, input } = await aStripeMerchant(sandbox);
    const receiver = await aReceiver();
    const ours = await stripe.webhookEndpoints.create({
      url: receiver.url,
      enabled_events: ["checkout.session.expired"],
    });
    const newer = await stripe.webhookEndpoints.create({
      url: "http://127.0.0.1:1/hook",
      enabled_events: ["refund.created"],
    });
    const page = await stripe.webhookEndpoints.list({ limit: 1 });
    expect([page.has_more, page.url, page.data.map(({ id }) => id)]).toEqual([
      true,
      "/v1/webhook_endpoints",
      [newer.id],
    ]);
    const rest = await stripe.webhookEndpoints.list({ starting_after: newer.id });
    expect([rest.has_more, rest.data.map(({ id }) => id)]).toEqual([false, [ours.id]]);
    await stripe.webhookEndpoints.update(ours.id, { enabled_events: ["checkout.session.completed"] });
    await stripe.checkout.sessions.create(input());
    await sandbox.control("stripe", "pay", { order_no: "ORDER1" });
    expect(await sandbox.attempts("stripe", 1)).toMatchObject([{ url: receiver.url, outcome: "accepted" }]);
  });
});
