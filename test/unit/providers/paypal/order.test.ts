import { describe, expect, it } from "vitest";
import type { Reply } from "../../outbound/local-server.ts";
import { createdAt, orderNo, payment } from "../payments.ts";
import {
  capture,
  captured,
  captureId,
  json,
  merchantId,
  openPayPal,
  order,
  paypalOrderId,
  paypalServer,
  refund,
  refundNo,
  refusal,
  storedPayment,
} from "./account.ts";

const usd = (minor: number) => ({ minor, currency: "USD" });
const paid = {
  kind: "paid",
  orderNo,
  account: merchantId,
  amount: usd(1230),
  tradeNo: captureId,
  objectId: paypalOrderId,
  paidAt: new Date("2025-11-23T12:01:40Z"),
};
const ours = { orderNo, tradeNo: captureId, refundNo, refundId: "1JU08902781691411", amount: usd(230) };
const fetched = async (reply: Reply, changes = {}) =>
  openPayPal({ baseUrl: (await paypalServer(reply)).url }).fetchPayment({ ...storedPayment, ...changes });

describe("PayPal fetchPayment", () => {
  it("PayPal's fetchPayment fetches the stored order", async () => {
    const server = await paypalServer(json(order()));
    await openPayPal({ baseUrl: server.url }).fetchPayment(storedPayment);
    expect(server.calls().map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET /v2/checkout/orders/${paypalOrderId}`,
    ]);
  });

  it("PayPal's fetchPayment encodes the stored id, so that it cannot change the path", async () => {
    const server = await paypalServer(json(order()));
    const payable = { ...storedPayment.payable!, paymentId: "../../v1/x?y" };
    await openPayPal({ baseUrl: server.url }).fetchPayment({ ...storedPayment, payable });
    expect(server.calls()[0]?.path).toBe("/v2/checkout/orders/..%2F..%2Fv1%2Fx%3Fy");
  });

  it("PayPal's fetchPayment before the order has an id is unknown, and makes no call", async () => {
    const said = await openPayPal({ baseUrl: "http://127.0.0.1:9" }).fetchPayment(payment());
    expect(said).toEqual([{ kind: "unknown", orderNo, why: "no order id yet" }]);
  });

  it.each([
    ["a capture", captured(), [paid]],
    ["a capture without a time", captured([capture({ create_time: "?" })]), [{ ...paid, paidAt: createdAt }]],
    [
      "a capture beyond all years",
      captured([capture({ create_time: "9999-12-31T23:59:59-23:59" })]),
      [{ ...paid, paidAt: createdAt }],
    ],
    [
      "another amount",
      captured([capture({ amount: { currency_code: "USD", value: "0.01" } })]),
      [{ ...paid, amount: usd(1) }],
    ],
    [
      "another account",
      order(
        { status: "COMPLETED" },
        { payee: { merchant_id: "OTHER" }, payments: { captures: [capture()] } },
      ),
      [{ ...paid, account: "OTHER" }],
    ],
    [
      "a capture after a declined one",
      captured([capture({ id: "1", status: "DECLINED" }), capture()]),
      [paid],
    ],
    ["two captures", captured([capture(), capture({ id: "2" })]), [paid, { ...paid, tradeNo: "2" }]],
    [
      "a refund of ours",
      captured([capture({ status: "PARTIALLY_REFUNDED" })], [refund()]),
      [paid, { kind: "refunded", ...ours }],
    ],
    [
      "a refund made at PayPal",
      captured([capture({ status: "REFUNDED" })], [refund({ custom_id: "shop-1" })]),
      [paid, { kind: "refunded", ...ours, refundNo: null }],
    ],
    [
      "a refund of zero, which is ignored",
      captured([capture()], [refund({ amount: { currency_code: "USD", value: "0.00" } })]),
      [paid],
    ],
    [
      "a pending refund",
      captured([capture()], [refund({ status: "PENDING" })]),
      [paid, { kind: "refundPending", ...ours }],
    ],
    [
      "a failed refund",
      captured([capture()], [refund({ status: "FAILED" })]),
      [paid, { kind: "refundFailed", ...ours }],
    ],
    [
      "a cancelled refund",
      captured([capture()], [refund({ status: "CANCELLED" })]),
      [paid, { kind: "refundFailed", ...ours }],
    ],
    [
      "everything refunded, without a list",
      captured([capture({ status: "REFUNDED" })]),
      [paid, { kind: "refundedTotal", orderNo, tradeNo: captureId, total: usd(1230) }],
    ],
    [
      "two captures, one refunded",
      captured([capture({ id: "2" }), capture({ status: "REFUNDED" })], [refund()]),
      [{ ...paid, tradeNo: "2" }, paid, { kind: "refunded", ...ours }],
    ],
  ])("PayPal's fetchPayment reports %s", async (_title, said, events) => {
    expect(await fetched(json(said))).toEqual(events);
  });

  const pending = capture({ status: "PENDING", status_details: { reason: "ECHECK" } });
  it.each([
    ["a new order", json(order({ status: "CREATED" })), "open"],
    ["a saved order", json(order({ status: "SAVED" })), "open"],
    ["an order that waits for the buyer", json(order()), "open"],
    ["an approved order", json(order({ status: "APPROVED" })), "approved"],
    ["a voided order", json(order({ status: "VOIDED" })), "closed"],
    ["a completed order without a capture", json(order({ status: "COMPLETED" })), "unrecognised"],
    ["a new order status", json(order({ status: "PAUSED" })), "unrecognised"],
    ["a pending capture", json(captured([pending])), "in_transit"],
    ["a declined capture", json(captured([capture({ status: "DECLINED" })], undefined, "APPROVED")), "open"],
    ["a failed capture", json(captured([capture({ status: "FAILED" })])), "open"],
    [
      "a declined capture of a voided order",
      json(captured([capture({ status: "DECLINED" })], undefined, "VOIDED")),
      "closed",
    ],
    ["a new capture status", json(captured([capture({ status: "HALF" })])), "unrecognised"],
    [
      "a capture without a payee",
      json(order({}, { payee: undefined, payments: { captures: [capture()] } })),
      "unrecognised",
    ],
    [
      "an unreadable amount",
      json(captured([capture({ amount: { currency_code: "USD", value: "1e3" } })])),
      "unrecognised",
    ],
    [
      "an amount that is a number",
      json(captured([capture({ amount: { currency_code: "USD", value: 12 } })])),
      "unrecognised",
    ],
    ["another invoice", json(order({}, { invoice_id: "UNI1" })), "unrecognised"],
    ["no invoice", json(order({}, { invoice_id: undefined })), "unrecognised"],
    ["another order", json({ ...captured(), id: "OTHER" }), "unrecognised"],
    [
      "two purchase units",
      json({ ...captured(), purchase_units: [...captured().purchase_units, {}] }),
      "unrecognised",
    ],
    ["an order that does not exist", refusal(404, "INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND"), "missing"],
    ["a 404 of a proxy", { status: 404, body: "<html>" }, "unknown"],
    ["an unlisted refusal", refusal(422, "X"), "unknown"],
    ["no permission", refusal(403, "PERMISSION_DENIED"), "unknown"],
    ["a rate limit", refusal(429, "RATE_LIMIT_REACHED"), "unknown"],
    ["500", refusal(500, "INTERNAL_SERVICE_ERROR"), "unknown"],
    ["a paid order with status 500", json(captured(), 500), "unknown"],
    ["HTML", { body: "<html>" }, "unknown"],
    ["a broken connection", "reset", "unknown"],
  ] satisfies [string, Reply, string][])(
    "PayPal's fetchPayment maps %s to $2",
    async (_title, reply, kind) => {
      expect(await fetched(reply)).toEqual([expect.objectContaining({ kind })]);
    },
  );

  it("PayPal's fetchPayment reports why a capture is pending", async () => {
    expect(await fetched(json(captured([pending])))).toMatchObject([{ why: "PENDING: ECHECK" }]);
  });

  it("PayPal's fetchPayment fails a payment that was in transit and whose capture was declined", async () => {
    const declined = json(captured([capture({ status: "DECLINED" })]));
    expect(await fetched(declined, { state: "in_transit" })).toMatchObject([{ kind: "failed" }]);
  });

  it("PayPal's fetchPayment reports a partly refunded capture without listed refunds as unrecognised", async () => {
    expect(await fetched(json(captured([capture({ status: "PARTIALLY_REFUNDED" })])))).toEqual([
      paid,
      { kind: "unrecognised", said: "a partly refunded capture without its refunds" },
    ]);
  });

  it.each([
    ["an unreadable refund", refund({ amount: undefined })],
    ["a new refund status", refund({ status: "HALF" })],
  ])("PayPal's fetchPayment reports the payment beside %s", async (_title, said) => {
    expect(await fetched(json(captured([capture()], [said])))).toEqual([
      paid,
      expect.objectContaining({ kind: "unrecognised" }),
    ]);
  });
});
