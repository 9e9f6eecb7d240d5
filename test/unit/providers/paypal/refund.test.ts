import { describe, expect, it } from "vitest";
import type { Refund } from "../../../../lib/domain/refund.ts";
import type { Reply } from "../../outbound/local-server.ts";
import { withRequest } from "../payments.ts";
import {
  capture,
  captured,
  captureId,
  json,
  openPayPal,
  order,
  paypalOrderId,
  paypalServer,
  refund,
  refundNo,
  refusal,
  storedPayment,
  storedRefund,
} from "./account.ts";

const paidPayment = { ...storedPayment, status: "success" as const, tradeNo: captureId };
const refundId = "1JU08902781691411";
const post = `POST /v2/payments/captures/${captureId}/refund`;
const get = `GET /v2/checkout/orders/${paypalOrderId}`;

async function requested(command: "refund" | "fetchRefund", replies: Reply[], changes: Partial<Refund> = {}) {
  const server = await paypalServer(...replies);
  const adapter = openPayPal({ baseUrl: server.url });
  const input = withRequest(adapter, paidPayment, { ...storedRefund, ...changes });
  const said = await adapter[command]?.(paidPayment, input);
  return {
    said,
    calls: server.calls(),
    paths: server.calls().map(({ method, path }) => `${method} ${path}`),
  };
}

describe("PayPal refunds", () => {
  // DUPLICATE_INVOICE_ID for a second refund: Sylius/PayPalPlugin#264, awesomemotive/easy-digital-downloads#8873.
  it("a PayPal refund is sent under its own number, without an invoice id, which PayPal accepts only once", async () => {
    const { said, calls, paths } = await requested("refund", [json(refund(), 201)], { reason: "cold tea" });
    expect(said).toEqual({ kind: "refunded", refundId });
    expect(paths).toEqual([post]);
    expect(calls[0]?.headers).toMatchObject({
      "paypal-request-id": refundNo,
      prefer: "return=representation",
    });
    expect(JSON.parse(calls[0]?.body ?? "")).toEqual({
      amount: { currency_code: "USD", value: "2.30" },
      custom_id: refundNo,
      note_to_payer: "cold tea",
    });
  });

  it("a repeated PayPal refund sends the same bytes", async () => {
    const server = await paypalServer(json(refund(), 201));
    const adapter = openPayPal({ baseUrl: server.url });
    const input = withRequest(adapter, paidPayment, storedRefund);
    await adapter.refund?.(paidPayment, input);
    await adapter.refund?.(paidPayment, { ...input, status: "unknown" as Refund["status"] });
    expect(server.calls()[1]?.body).toBe(server.calls()[0]?.body);
  });

  it("a PayPal refund makes no call before the capture is known", async () => {
    const said = await openPayPal({ baseUrl: "http://127.0.0.1:9" }).refund?.(storedPayment, storedRefund);
    expect(said).toMatchObject({ kind: "unknown" });
  });

  it.each([
    ["PENDING", { status: "PENDING" }, { kind: "pending", refundId }],
    [
      "FAILED",
      { status: "FAILED", status_details: { reason: "ECHECK" } },
      { kind: "failed", refundId, error: { code: "ECHECK" } },
    ],
    ["CANCELLED", { status: "CANCELLED" }, { kind: "failed", refundId, error: { code: "CANCELLED" } }],
    ["a new status", { status: "HALF" }, { kind: "unknown" }],
    ["another amount", { amount: { currency_code: "USD", value: "9.99" } }, { kind: "unknown" }],
    ["an unreadable amount", { amount: { currency_code: "USD", value: "x" } }, { kind: "unknown" }],
    ["another number", { custom_id: "R1" }, { kind: "unknown" }],
    ["another form", { id: 1 }, { kind: "unknown" }],
    ["a minimal answer", { amount: undefined, custom_id: undefined }, { kind: "refunded", refundId }],
  ])("a PayPal refund answered with %s has the right outcome", async (_title, changes, outcome) => {
    expect((await requested("refund", [json(refund(changes), 201)])).said).toMatchObject(outcome);
  });

  it.each(["CAPTURE_FULLY_REFUNDED", "REFUND_AMOUNT_EXCEEDED", "REFUND_NOT_ALLOWED"])(
    "a PayPal refund refused with %s is final if the order has no such refund",
    async (issue) => {
      const { said, paths } = await requested("refund", [refusal(422, issue), json(captured())]);
      expect(said).toEqual({
        kind: "refused",
        fault: "request",
        ends: "subject",
        listed: true,
        error: { code: issue, message: "words" },
      });
      expect(paths).toEqual([post, get]);
    },
  );

  it("a PayPal refund that is refused because it was made before counts as made", async () => {
    const done = json(captured([capture({ status: "REFUNDED" })], [refund()]));
    const { said } = await requested("refund", [refusal(422, "CAPTURE_FULLY_REFUNDED"), done]);
    expect(said).toEqual({ kind: "refunded", refundId });
  });

  it("a PayPal refund refused as already made is unknown while the order cannot be fetched", async () => {
    const { said } = await requested("refund", [refusal(422, "CAPTURE_FULLY_REFUNDED"), "reset"]);
    expect(said).toMatchObject({ kind: "unknown" });
  });

  it.each([
    ["401", json({ error: "invalid_token" }, 401), { kind: "refused", fault: "merchant", ends: "nothing" }],
    ["403", refusal(403, "PERMISSION_DENIED"), { kind: "refused", fault: "merchant", ends: "nothing" }],
    ["429", refusal(429, "RATE_LIMIT_REACHED"), { kind: "unknown" }],
    ["409", refusal(409, "PREVIOUS_REQUEST_IN_PROGRESS"), { kind: "unknown" }],
    ["500", refusal(500, "INTERNAL_SERVICE_ERROR"), { kind: "unknown" }],
    ["HTML", { status: 201, body: "<html>" }, { kind: "unknown" }],
    ["a broken connection", "reset", { kind: "unknown" }],
  ] satisfies [string, Reply, object][])(
    "a PayPal refund has the right outcome after %s",
    async (_title, reply, outcome) => {
      expect((await requested("refund", [reply])).said).toMatchObject(outcome);
    },
  );
});

describe("PayPal fetchRefund", () => {
  const listing = (...refunds: unknown[]) => json(captured([capture()], refunds));

  it("PayPal's fetchRefund uses PayPal's refund id if it is known", async () => {
    const { said, paths } = await requested("fetchRefund", [json(refund({ status: "PENDING" }))], {
      refundId,
    });
    expect(said).toEqual({ kind: "pending", refundId });
    expect(paths).toEqual([`GET /v2/payments/refunds/${refundId}`]);
  });

  it("PayPal's fetchRefund finds a refund by our number among the refunds of the order", async () => {
    const others = [refund({ id: "X", custom_id: "shop-1" }), refund({ id: "Y", custom_id: undefined })];
    const { said, paths } = await requested("fetchRefund", [listing(...others, refund())]);
    expect(said).toEqual({ kind: "refunded", refundId });
    expect(paths).toEqual([get]);
  });

  it("PayPal's fetchRefund finds a refund by our number if PayPal no longer knows its id", async () => {
    const unknownId = refusal(404, "INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND");
    const { said } = await requested("fetchRefund", [unknownId, listing(refund())], { refundId });
    expect(said).toEqual({ kind: "refunded", refundId });
  });

  it.each([
    ["an order without it", listing(), "missing"],
    ["an order without a capture", json(order()), "missing"],
    ["another order", json(order({}, { invoice_id: "UNI1" })), "unknown"],
    ["an order of another form", json({}), "unknown"],
    ["an order that does not exist", refusal(404, "INVALID_RESOURCE_ID"), "unknown"],
    ["a rate limit", refusal(429, "RATE_LIMIT_REACHED"), "unknown"],
    ["a broken connection", "reset", "unknown"],
  ] satisfies [string, Reply, string][])(
    "PayPal's fetchRefund maps %s to $2",
    async (_title, reply, kind) => {
      expect((await requested("fetchRefund", [reply])).said).toMatchObject({ kind });
    },
  );

  it("PayPal's fetchRefund is unknown after a refused query by id", async () => {
    expect((await requested("fetchRefund", [refusal(403, "X")], { refundId })).said).toMatchObject({
      kind: "unknown",
    });
  });

  it("PayPal's fetchRefund makes no call before the order has an id", async () => {
    const said = await openPayPal({ baseUrl: "http://127.0.0.1:9" }).fetchRefund?.(
      { ...paidPayment, payable: null },
      storedRefund,
    );
    expect(said).toMatchObject({ kind: "unknown" });
  });
});
