import { describe, expect, it } from "vitest";
import { anApprovedOrder, aPaypalMerchant, captured, refusal } from "./paypal-merchant.ts";
import { aSandbox } from "./sandbox.ts";

const day = 24 * 3600 * 1000;

async function aPaidOrder() {
  const sandbox = await aSandbox();
  const merchant = await aPaypalMerchant(sandbox);
  const orderId = await anApprovedOrder(sandbox, merchant);
  const { id: captureId } = await captured(merchant, orderId);
  const refund = (value?: string, paypalRequestId?: string) =>
    merchant.payments.refundCapturedPayment({
      captureId,
      paypalRequestId,
      prefer: "return=representation",
      body: value === undefined ? undefined : { amount: { currencyCode: "USD", value } },
    });
  const capture = async () => (await merchant.payments.getCapturedPayment({ captureId })).result;
  return { sandbox, merchant, orderId, captureId, refund, capture };
}

// Requests are made, and errors are classed, by @paypal/paypal-server-sdk 2.5.0.
describe("PayPal simulator: refunds", () => {
  // Payments v2, captures_refund: an empty payload refunds the rest.
  it("a PayPal simulator refund is partial with an amount, and refunds the rest without a body", async () => {
    const { sandbox, merchant, refund, capture } = await aPaidOrder();
    const first = await refund("2.34");
    expect(first.statusCode).toBe(201);
    expect(first.result).toMatchObject({
      status: "COMPLETED",
      amount: { currencyCode: "USD", value: "2.34" },
      sellerPayableBreakdown: { totalRefundedAmount: { value: "2.34" } },
    });
    expect((await capture()).status).toBe("PARTIALLY_REFUNDED");
    const rest = await refund();
    expect(rest.result.amount?.value).toBe("10.00");
    expect((await capture()).status).toBe("REFUNDED");
    const { result } = await merchant.payments.getRefund({ refundId: rest.result.id ?? "" });
    expect(result).toMatchObject({ status: "COMPLETED", amount: { value: "10.00" } });
    expect(await sandbox.list("paypal", "payments")).toMatchObject([
      { status: "refunded", refunded_minor: 1234 },
    ]);
  });

  // Orders v2, payment_collection: refunds stand beside the captures.
  it("a PayPal simulator order shows its refunds, which do not change its payment time", async () => {
    const { sandbox, merchant, orderId, refund } = await aPaidOrder();
    const [paid] = await sandbox.list("paypal", "payments");
    sandbox.clock.advance(day);
    const { result } = await refund("2.34");
    const order = await merchant.orders.getOrder({ id: orderId });
    expect(order.result.purchaseUnits?.[0]?.payments?.refunds).toMatchObject([
      { id: result.id, amount: { value: "2.34" } },
    ]);
    const [row] = await sandbox.list("paypal", "payments");
    expect(row?.paid_at).toBe(paid?.paid_at);
  });

  // Payments v2, errors: CAPTURE_FULLY_REFUNDED, REFUND_AMOUNT_EXCEEDED, REFUND_CAPTURE_CURRENCY_MISMATCH.
  it("the PayPal simulator refuses a refund beyond the rest or in another currency", async () => {
    const { merchant, captureId, refund } = await aPaidOrder();
    await refund("2.34");
    await expect(refund("10.01")).rejects.toMatchObject(refusal("REFUND_AMOUNT_EXCEEDED"));
    const euros = { amount: { currencyCode: "EUR", value: "1.00" } };
    await expect(merchant.payments.refundCapturedPayment({ captureId, body: euros })).rejects.toMatchObject(
      refusal("REFUND_CAPTURE_CURRENCY_MISMATCH"),
    );
    await refund("10.00");
    await expect(refund()).rejects.toMatchObject(refusal("CAPTURE_FULLY_REFUNDED"));
  });

  // Payments v2: REFUND_TIME_LIMIT_EXCEEDED, 180 days.
  it("the PayPal simulator makes refunds for 180 days", async () => {
    const { sandbox, refund } = await aPaidOrder();
    sandbox.clock.advance(179 * day);
    await refund("1.00");
    sandbox.clock.advance(2 * day);
    await expect(refund("1.00")).rejects.toMatchObject(refusal("REFUND_TIME_LIMIT_EXCEEDED"));
  });

  it("the PayPal simulator refuses a refund while the capture is pending", async () => {
    const sandbox = await aSandbox();
    const merchant = await aPaypalMerchant(sandbox);
    const { result } = await merchant.orders.createOrder(merchant.input());
    await sandbox.control("paypal", "start", { order_no: "ORDER1" });
    const { id: captureId } = await captured(merchant, result.id ?? "");
    const refunding = merchant.payments.refundCapturedPayment({ captureId });
    await expect(refunding).rejects.toMatchObject(refusal("PENDING_CAPTURE"));
  });

  // Payments v2, PayPal-Request-Id: stored for 45 days.
  it("the PayPal simulator makes one refund per request id, for 45 days", async () => {
    const { sandbox, refund } = await aPaidOrder();
    const first = await refund("1.00", "R1");
    sandbox.clock.advance(44 * day);
    const again = await refund("1.00", "R1");
    expect([again.statusCode, again.result.id]).toEqual([200, first.result.id]);
    sandbox.clock.advance(2 * day);
    expect((await refund("1.00", "R1")).result.id).not.toBe(first.result.id);
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ refunded_minor: 200 }]);
  });

  it("a pending PayPal simulator refund can fail later, which frees its amount for another refund", async () => {
    const { sandbox, refund, capture, merchant } = await aPaidOrder();
    await sandbox.control("paypal", "refund-result", { status: "PENDING" });
    const { result } = await refund(undefined, "R1");
    expect(result).toMatchObject({ status: "PENDING", statusDetails: { reason: "ECHECK" } });
    expect((await capture()).status).toBe("COMPLETED");
    await expect(refund("1.00")).rejects.toMatchObject(refusal("CAPTURE_FULLY_REFUNDED"));
    await sandbox.control("paypal", "refund-result", { refund_no: "R1", status: "FAILED" });
    const { result: ended } = await merchant.payments.getRefund({ refundId: result.id ?? "" });
    expect(ended.status).toBe("FAILED");
    expect((await refund("1.00")).result.status).toBe("COMPLETED");
    // The other refund has a part of the money now (developer.paypal.com/api/payments/v2/errors/refund_amount_exceeded).
    const revived = { refund_no: "R1", status: "COMPLETED" };
    expect((await sandbox.control("paypal", "refund-result", revived)).status).toBe(409);
    expect(
      (await sandbox.control("paypal", "refund-result", { refund_no: "R2", status: "FAILED" })).status,
    ).toBe(404);
  });

  it("the PayPal simulator makes refunds in the console until the capture is fully refunded", async () => {
    const { sandbox, merchant, captureId } = await aPaidOrder();
    const body = { customId: "R7", invoiceId: "R7" };
    const prefer = "return=representation";
    const ours = await merchant.payments.refundCapturedPayment({
      captureId,
      prefer,
      body: { ...body, amount: { currencyCode: "USD", value: "1.00" } },
    });
    expect(ours.result).toMatchObject(body);
    await sandbox.control("paypal", "refund", { order_no: "ORDER1", amount: "0.34" });
    await sandbox.control("paypal", "refund", { order_no: "ORDER1" });
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ status: "refunded" }]);
    const third = await sandbox.control("paypal", "refund", { order_no: "ORDER1" });
    expect(third).toMatchObject({ status: 409, body: { error: "CAPTURE_FULLY_REFUNDED" } });
  });
});
