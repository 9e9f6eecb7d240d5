import { describe, expect, it } from "vitest";
import { refusals } from "../../lib/providers/paypal/refusals.ts";
import { anApprovedOrder, aPaypalMerchant, captured, refusal } from "./paypal-merchant.ts";
import { aSandbox } from "./sandbox.ts";

async function aMerchant() {
  const sandbox = await aSandbox();
  const merchant = await aPaypalMerchant(sandbox);
  const refuse = (code: string, on: string, times = 1) =>
    sandbox.control("paypal", "faults", { code, on, times });
  return { sandbox, merchant, refuse };
}

type Issues = { details?: { issue?: string }[]; name?: string; error?: string };

// The codes and their status: paypal/paypal-rest-api-specifications@ec4d8f3, openapi/checkout_orders_v2.json and
// payments_payment_v2.json.
describe("PayPal simulator: simulated refusals", () => {
  const calls = [
    ["create", "POST", "/v2/checkout/orders", refusals.create],
    ["query", "GET", "/v2/checkout/orders/X", refusals.get],
    ["capture", "POST", "/v2/checkout/orders/X/capture", refusals.capture],
    ["refund", "POST", "/v2/payments/captures/X/refund", refusals.refund],
    ["refund_query", "GET", "/v2/payments/refunds/X", refusals.get],
  ] as const;

  it.each(calls)(
    "the PayPal simulator can refuse %s with every listed code",
    async (on, method, path, table) => {
      const { sandbox, merchant, refuse } = await aMerchant();
      const id = await anApprovedOrder(sandbox, merchant);
      const capture = on === "refund" ? await captured(merchant, id) : undefined;
      const real = path.replace("/X", `/${capture?.id ?? id}`);
      for (const code of Object.keys(table)) {
        expect((await refuse(code, on)).status).toBe(200);
        if (code.startsWith("HTTP_")) continue;
        const unit = { amount: { currency_code: "USD", value: "1.00" } };
        const input = on === "create" ? { intent: "CAPTURE", purchase_units: [unit] } : {};
        const { status, body } = await merchant.call(method, real, method === "POST" ? input : undefined);
        const said = body as Issues;
        expect([said.details?.[0]?.issue, said.name, said.error]).toContain(code);
        expect([400, 401, 403, 404, 409, 422, 429]).toContain(status);
      }
    },
  );

  it.each([
    ["INVALID_ACCOUNT_STATUS", 401],
    ["PERMISSION_DENIED", 403],
    ["INVALID_RESOURCE_ID", 404],
    ["PREVIOUS_REQUEST_IN_PROGRESS", 409],
    ["MISSING_REQUIRED_PARAMETER", 400],
    ["REFUND_FAILED_INSUFFICIENT_FUNDS", 422],
  ])("the PayPal simulator refuses a refund with %s and status %i", async (code, status) => {
    const { sandbox, merchant, refuse } = await aMerchant();
    const { id } = await captured(merchant, await anApprovedOrder(sandbox, merchant));
    await refuse(code, "refund");
    expect(await merchant.call("POST", `/v2/payments/captures/${id}/refund`, {})).toMatchObject({
      status,
      body: { details: [{ issue: code }] },
    });
  });

  it("the PayPal simulator repeats the refusal of a capture under the same request id and takes no money", async () => {
    const { sandbox, merchant, refuse } = await aMerchant();
    const id = await anApprovedOrder(sandbox, merchant);
    await refuse("TRANSACTION_LIMIT_EXCEEDED", "capture");
    const refused = refusal("TRANSACTION_LIMIT_EXCEEDED");
    await expect(captured(merchant, id, "first")).rejects.toMatchObject(refused);
    await expect(captured(merchant, id, "first")).rejects.toMatchObject(refused);
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ status: "open", refunded_minor: 0 }]);
    expect(await captured(merchant, id, "second")).toMatchObject({ status: "COMPLETED" });
  });

  it("the PayPal simulator does not store PERMISSION_DENIED: the same request id succeeds later", async () => {
    const { sandbox, merchant, refuse } = await aMerchant();
    const id = await anApprovedOrder(sandbox, merchant);
    await refuse("PERMISSION_DENIED", "capture");
    await expect(captured(merchant, id, "first")).rejects.toMatchObject(refusal("PERMISSION_DENIED", 403));
    expect(await captured(merchant, id, "first")).toMatchObject({ status: "COMPLETED" });
  });
});

// Blocking duplicate invoice numbers is the account's default: Sylius/PayPalPlugin#264,
// awesomemotive/easy-digital-downloads#8873.
describe("PayPal simulator: invoice numbers", () => {
  const amount = { currencyCode: "USD", value: "1.00" };

  async function aPaidOrder() {
    const { sandbox, merchant } = await aMerchant();
    const { id: captureId } = await captured(merchant, await anApprovedOrder(sandbox, merchant));
    const refund = (invoiceId?: string) =>
      merchant.payments.refundCapturedPayment({
        captureId,
        body: { amount, ...(invoiceId && { invoiceId }) },
      });
    return { sandbox, merchant, refund };
  }

  it("the PayPal simulator refuses a refund with the payment's invoice number", async () => {
    const { refund } = await aPaidOrder();
    await expect(refund("ORDER1")).rejects.toMatchObject(refusal("DUPLICATE_INVOICE_ID"));
  });

  it("the PayPal simulator refuses a second refund with the first one's invoice number", async () => {
    const { refund } = await aPaidOrder();
    await refund("R1");
    await expect(refund("R1")).rejects.toMatchObject(refusal("DUPLICATE_INVOICE_ID"));
    await refund("R2");
  });

  it("the PayPal simulator refuses a payment with a refund's invoice number", async () => {
    const { sandbox, merchant, refund } = await aPaidOrder();
    await refund("R1");
    const id = await anApprovedOrder(sandbox, merchant, { invoiceId: "R1" });
    await expect(captured(merchant, id)).rejects.toMatchObject(refusal("DUPLICATE_INVOICE_ID"));
  });

  it("the PayPal simulator makes refunds without an invoice number until the payment is used up", async () => {
    const { refund } = await aPaidOrder();
    for (let made = 0; made < 12; made++) await refund();
    await expect(refund()).rejects.toMatchObject(refusal("REFUND_AMOUNT_EXCEEDED"));
  });
});
