import { describe, expect, it } from "vitest";
import type { Refund } from "../../../lib/refund/refund.ts";
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

async function asked(verb: "refund" | "lookRefund", replies: Reply[], changes: Partial<Refund> = {}) {
  const server = await paypalServer(...replies);
  const adapter = openPayPal({ baseUrl: server.url });
  const wanted = withRequest(adapter, paidPayment, { ...storedRefund, ...changes });
  const said = await adapter[verb]?.(paidPayment, wanted);
  return {
    said,
    calls: server.calls(),
    paths: server.calls().map(({ method, path }) => `${method} ${path}`),
  };
}

describe("a refund at PayPal", () => {
  // DUPLICATE_INVOICE_ID for a second refund: Sylius/PayPalPlugin#264, awesomemotive/easy-digital-downloads#8873.
  it("a PayPal refund goes out under its own number, and without an invoice number that PayPal takes only once", async () => {
    const { said, calls, paths } = await asked("refund", [json(refund(), 201)], { reason: "cold tea" });
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

  it("sends the same bytes on a repeat", async () => {
    const server = await paypalServer(json(refund(), 201));
    const adapter = openPayPal({ baseUrl: server.url });
    const wanted = withRequest(adapter, paidPayment, storedRefund);
    await adapter.refund?.(paidPayment, wanted);
    await adapter.refund?.(paidPayment, { ...wanted, status: "unknown" as Refund["status"] });
    expect(server.calls()[1]?.body).toBe(server.calls()[0]?.body);
  });

  it("asks nothing before the capture is known", async () => {
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
  ])("is answered with %s", async (_title, changes, outcome) => {
    expect((await asked("refund", [json(refund(changes), 201)])).said).toMatchObject(outcome);
  });

  it.each(["CAPTURE_FULLY_REFUNDED", "REFUND_AMOUNT_EXCEEDED", "REFUND_NOT_ALLOWED"])(
    "is refused for good with %s when the order has no such refund",
    async (issue) => {
      const { said, paths } = await asked("refund", [refusal(422, issue), json(captured())]);
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

  it("that was made already, and is refused for that, counts as made", async () => {
    const done = json(captured([capture({ status: "REFUNDED" })], [refund()]));
    const { said } = await asked("refund", [refusal(422, "CAPTURE_FULLY_REFUNDED"), done]);
    expect(said).toEqual({ kind: "refunded", refundId });
  });

  it("is not refused for good while nobody can see whether it was made", async () => {
    const { said } = await asked("refund", [refusal(422, "CAPTURE_FULLY_REFUNDED"), "reset"]);
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
  ] satisfies [string, Reply, object][])("after %s", async (_title, reply, outcome) => {
    expect((await asked("refund", [reply])).said).toMatchObject(outcome);
  });
});

describe("a look at a PayPal refund", () => {
  const listing = (...refunds: unknown[]) => json(captured([capture()], refunds));

  it("goes by PayPal's id when it is known", async () => {
    const { said, paths } = await asked("lookRefund", [json(refund({ status: "PENDING" }))], { refundId });
    expect(said).toEqual({ kind: "pending", refundId });
    expect(paths).toEqual([`GET /v2/payments/refunds/${refundId}`]);
  });

  it("finds it by our number among the refunds of the order", async () => {
    const others = [refund({ id: "X", custom_id: "shop-1" }), refund({ id: "Y", custom_id: undefined })];
    const { said, paths } = await asked("lookRefund", [listing(...others, refund())]);
    expect(said).toEqual({ kind: "refunded", refundId });
    expect(paths).toEqual([get]);
  });

  it("also when PayPal no longer knows the id", async () => {
    const unknownId = refusal(404, "INVALID_RESOURCE_ID", "RESOURCE_NOT_FOUND");
    const { said } = await asked("lookRefund", [unknownId, listing(refund())], { refundId });
    expect(said).toEqual({ kind: "refunded", refundId });
  });

  it.each([
    ["an order without it", listing(), "missing"],
    ["an order without a capture", json(order()), "missing"],
    ["another order", json(order({}, { invoice_id: "UNI1" })), "unknown"],
    ["an order of another form", json({}), "unknown"],
    ["an order that is not there", refusal(404, "INVALID_RESOURCE_ID"), "unknown"],
    ["a rate limit", refusal(429, "RATE_LIMIT_REACHED"), "unknown"],
    ["a broken connection", "reset", "unknown"],
  ] satisfies [string, Reply, string][])("says of %s: %s", async (_title, reply, kind) => {
    expect((await asked("lookRefund", [reply])).said).toMatchObject({ kind });
  });

  it("says nothing of a refusal by id", async () => {
    expect((await asked("lookRefund", [refusal(403, "X")], { refundId })).said).toMatchObject({
      kind: "unknown",
    });
  });

  it("asks nothing before the order has an id", async () => {
    const said = await openPayPal({ baseUrl: "http://127.0.0.1:9" }).lookRefund?.(
      { ...paidPayment, payable: null },
      storedRefund,
    );
    expect(said).toMatchObject({ kind: "unknown" });
  });
});
