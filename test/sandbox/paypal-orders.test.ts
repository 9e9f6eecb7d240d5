import { describe, expect, it } from "vitest";
import { anApprovedOrder, aPaypalMerchant, captured, refusal } from "./paypal-merchant.ts";
import { aSandbox, post } from "./sandbox.ts";

const hour = 3600 * 1000;

async function aMerchant() {
  const sandbox = await aSandbox();
  return { sandbox, merchant: await aPaypalMerchant(sandbox) };
}

// Requests are made, and errors are classed, by @paypal/paypal-server-sdk 2.5.0.
describe("PayPal simulator: orders", () => {
  it("a PayPal simulator order is created, approved, captured and returned", async () => {
    const { sandbox, merchant } = await aMerchant();
    const { result, statusCode } = await merchant.orders.createOrder(merchant.input());
    expect(statusCode).toBe(201);
    expect(result).toMatchObject({
      status: "PAYER_ACTION_REQUIRED",
      intent: "CAPTURE",
      purchaseUnits: [
        {
          invoiceId: "ORDER1",
          customId: "shop-7",
          amount: { currencyCode: "USD", value: "12.34" },
          payee: { merchantId: merchant.account },
        },
      ],
    });
    const link = result.links?.find(({ rel }) => rel === "payer-action");
    expect(await (await fetch(link?.href ?? "")).text()).toContain("Tea &lt;b&gt;");

    const id = result.id ?? "";
    expect((await sandbox.control("paypal", "pay", { order_no: "ORDER1" })).body.status).toBe("APPROVED");
    expect((await merchant.orders.getOrder({ id })).result.status).toBe("APPROVED");
    expect(await captured(merchant, id)).toMatchObject({ status: "COMPLETED", customId: "shop-7" });
    const { result: paid } = await merchant.orders.getOrder({ id });
    const capture = paid.purchaseUnits?.[0]?.payments?.captures?.[0];
    expect(paid.status).toBe("COMPLETED");
    expect(
      (await merchant.payments.getCapturedPayment({ captureId: capture?.id ?? "" })).result,
    ).toMatchObject({
      status: "COMPLETED",
      invoiceId: "ORDER1",
      amount: { value: "12.34" },
      supplementaryData: { relatedIds: { orderId: id } },
    });
    expect(await sandbox.list("paypal", "payments")).toMatchObject([
      {
        order_no: "ORDER1",
        account: merchant.account,
        payment_id: id,
        trade_no: capture?.id,
        status: "paid",
        amount_minor: 1234,
        created: 1,
      },
    ]);
  });

  // developer.paypal.com/docs/api/orders/v2/#orders_create: the link is called approve without payment_source.
  it("a PayPal simulator order without payment_source is CREATED and has an approve link", async () => {
    const { merchant } = await aMerchant();
    const { body } = merchant.input();
    const { result } = await merchant.orders.createOrder({ body: { ...body, paymentSource: undefined } });
    expect(result.status).toBe("CREATED");
    expect(result.links?.map(({ rel }) => rel)).toContain("approve");
    expect(result.links?.map(({ rel }) => rel)).not.toContain("payer-action");
  });

  // developer.paypal.com/docs/api/orders/v2: Prefer, return=minimal is the default.
  it("the PayPal simulator returns a complete order only for return=representation", async () => {
    const { merchant } = await aMerchant();
    const { result } = await merchant.orders.createOrder({ body: merchant.input().body });
    expect(result.purchaseUnits).toBeUndefined();
    expect(result.id).toMatch(/^[0-9A-Z]{17}$/);
  });

  // developer.paypal.com/api/rest/reference/currency-codes: HUF, JPY, TWD without decimals; CNY, BRL, MYR in-country.
  it.each([
    ["yen with decimals", "JPY", "500.00", refusal("DECIMALS_NOT_SUPPORTED")],
    ["half a forint", "HUF", "10.5", refusal("DECIMALS_NOT_SUPPORTED")],
    ["a tenth of a cent", "USD", "1.001", refusal("DECIMAL_PRECISION")],
    ["an amount of zero", "USD", "0.00", refusal("CANNOT_BE_ZERO_OR_NEGATIVE")],
    ["a negative amount", "USD", "-1.00", refusal("CANNOT_BE_ZERO_OR_NEGATIVE")],
    ["an unknown currency", "KRW", "100", refusal("INVALID_CURRENCY_CODE")],
    ["reals outside Brazil", "BRL", "10.00", refusal("CURRENCY_NOT_SUPPORTED_FOR_COUNTRY")],
    ["a malformed number", "USD", "1,00", refusal("INVALID_PARAMETER_VALUE", 400)],
  ])("the PayPal simulator refuses an order for %s", async (_, currencyCode, value, error) => {
    const { merchant } = await aMerchant();
    const creating = merchant.orders.createOrder(merchant.input({ amount: { currencyCode, value } }));
    await expect(creating).rejects.toMatchObject(error);
  });

  it("the PayPal simulator counts forints and yen in whole units", async () => {
    const { sandbox, merchant } = await aMerchant();
    await merchant.orders.createOrder(merchant.input({ amount: { currencyCode: "HUF", value: "4000" } }));
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ amount: "4000", amount_minor: 4000 }]);
  });

  // Orders v2, purchase_unit_request: custom_id, invoice_id and description 127 characters, soft_descriptor 22.
  it.each([
    ["custom_id", { customId: "x".repeat(128) }],
    ["invoice_id", { invoiceId: "x".repeat(128) }],
    ["description", { description: "x".repeat(128) }],
    ["soft_descriptor", { softDescriptor: "x".repeat(23) }],
  ])("the PayPal simulator refuses a too long %s and names the field", async (field, unit) => {
    const { merchant } = await aMerchant();
    await expect(merchant.orders.createOrder(merchant.input(unit))).rejects.toMatchObject({
      statusCode: 400,
      result: {
        name: "INVALID_REQUEST",
        details: [{ field: `/purchase_units/0/${field}`, issue: "INVALID_STRING_LENGTH" }],
      },
    });
  });

  it.each([
    ["another intent", { intent: "AUTHORIZE" }, "/intent"],
    ["a field that is not simulated", { intent: "CAPTURE", colour: "red" }, "/colour"],
    ["no amount", { intent: "CAPTURE", purchase_units: [{}] }, "/purchase_units/0/amount"],
  ])("the PayPal simulator refuses an order with %s", async (_, changes, field) => {
    const { merchant } = await aMerchant();
    const unit = { amount: { currency_code: "USD", value: "1.00" } };
    const answer = await merchant.call("POST", "/v2/checkout/orders", {
      purchase_units: [unit],
      ...changes,
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { name: "INVALID_REQUEST", details: [{ field, location: "body" }] },
    });
    expect(answer.body.debug_id).toBe(answer.headers.get("paypal-debug-id"));
  });

  // Seen in the wild: an unapproved order answers RESOURCE_NOT_FOUND after about three hours.
  it("a PayPal simulator order lapses three hours after its creation or approval", async () => {
    const { sandbox, merchant } = await aMerchant();
    const id = await anApprovedOrder(sandbox, merchant);
    sandbox.clock.advance(2 * hour);
    expect((await merchant.orders.getOrder({ id })).result.status).toBe("APPROVED");
    sandbox.clock.advance(hour);
    await expect(merchant.orders.getOrder({ id })).rejects.toMatchObject(refusal("INVALID_RESOURCE_ID", 404));
    expect((await sandbox.control("paypal", "pay", { order_no: "ORDER1" })).status).toBe(409);
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ status: "closed" }]);
  });

  it("a PayPal simulator order is not found by another account", async () => {
    const { sandbox, merchant } = await aMerchant();
    const id = await anApprovedOrder(sandbox, merchant);
    const other = await aPaypalMerchant(sandbox);
    await expect(other.orders.getOrder({ id })).rejects.toMatchObject(refusal("INVALID_RESOURCE_ID", 404));
    await expect(captured(other, id)).rejects.toMatchObject(refusal("INVALID_RESOURCE_ID", 404));
  });
});

describe("PayPal simulator: captures", () => {
  // Orders v2, errors of capture: ORDER_NOT_APPROVED, ORDER_ALREADY_CAPTURED.
  it("the PayPal simulator captures only an approved order, and only once", async () => {
    const { sandbox, merchant } = await aMerchant();
    const { result } = await merchant.orders.createOrder(merchant.input());
    const id = result.id ?? "";
    await expect(captured(merchant, id)).rejects.toMatchObject(refusal("ORDER_NOT_APPROVED"));
    await sandbox.control("paypal", "approve", { order_no: "ORDER1" });
    await captured(merchant, id);
    await expect(captured(merchant, id)).rejects.toMatchObject(refusal("ORDER_ALREADY_CAPTURED"));
    expect((await sandbox.control("paypal", "approve", { order_no: "ORDER1" })).status).toBe(409);
  });

  // Orders v2: DUPLICATE_INVOICE_ID comes at capture, not at create (woocommerce-paypal-payments issue 410).
  it("the PayPal simulator refuses a second capture with the account's same invoice number", async () => {
    const { sandbox, merchant } = await aMerchant();
    await captured(merchant, await anApprovedOrder(sandbox, merchant));
    const second = await anApprovedOrder(sandbox, merchant);
    await expect(captured(merchant, second)).rejects.toMatchObject(refusal("DUPLICATE_INVOICE_ID"));
    const other = await aPaypalMerchant(sandbox);
    expect(await captured(other, await anApprovedOrder(sandbox, other))).toMatchObject({
      status: "COMPLETED",
    });
  });

  // Orders v2: after INSTRUMENT_DECLINED the buyer is sent back to choose another instrument.
  it("a PayPal simulator capture is declined until the buyer chooses another instrument", async () => {
    const { sandbox, merchant } = await aMerchant();
    const { result } = await merchant.orders.createOrder(merchant.input());
    const id = result.id ?? "";
    await sandbox.control("paypal", "fail", { order_no: "ORDER1" });
    await expect(captured(merchant, id, "key")).rejects.toMatchObject({
      ...refusal("INSTRUMENT_DECLINED"),
      result: { links: expect.arrayContaining([expect.objectContaining({ rel: "redirect" })]) },
    });
    await sandbox.control("paypal", "approve", { order_no: "ORDER1" });
    expect(await captured(merchant, id, "next key")).toMatchObject({ status: "COMPLETED" });
  });

  // Payments v2, capture_status: PENDING with a reason, later COMPLETED or DECLINED.
  it.each([
    ["pay", "COMPLETED", "paid"],
    ["fail", "DECLINED", "failed"],
  ])("a PayPal simulator eCheck capture is pending until %s makes it %s", async (act, end, row) => {
    const { sandbox, merchant } = await aMerchant();
    const { result } = await merchant.orders.createOrder(merchant.input());
    await sandbox.control("paypal", "start", { order_no: "ORDER1" });
    const capture = await captured(merchant, result.id ?? "");
    expect(capture).toMatchObject({ status: "PENDING", statusDetails: { reason: "ECHECK" } });
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ status: "started" }]);
    await sandbox.control("paypal", act, { order_no: "ORDER1" });
    const { result: ended } = await merchant.payments.getCapturedPayment({ captureId: capture.id });
    expect(ended.status).toBe(end);
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ status: row }]);
  });

  it("a PayPal simulator capture can be created as DECLINED", async () => {
    const { sandbox, merchant } = await aMerchant();
    const { result } = await merchant.orders.createOrder(merchant.input());
    await sandbox.control("paypal", "decline", { order_no: "ORDER1" });
    expect(await captured(merchant, result.id ?? "")).toMatchObject({ status: "DECLINED" });
  });
});

// developer.paypal.com/api/rest/reference/idempotency
describe("PayPal simulator: request ids", () => {
  it("a repeated PayPal simulator request id returns the order's current state, whatever the body is", async () => {
    const { sandbox, merchant } = await aMerchant();
    const first = await merchant.orders.createOrder(merchant.input({}, "key"));
    await sandbox.control("paypal", "approve", { order_no: "ORDER1" });
    const other = merchant.input({ amount: { currencyCode: "USD", value: "99.00" } }, "key");
    const again = await merchant.orders.createOrder(other);
    expect([first.statusCode, again.statusCode]).toEqual([201, 200]);
    expect(again.result).toMatchObject({ id: first.result.id, status: "APPROVED" });
    expect(again.result.purchaseUnits?.[0]?.amount?.value).toBe("12.34");
    expect(await sandbox.list("paypal", "payments")).toHaveLength(1);
  });

  // Orders v2, PayPal-Request-Id: stored for six hours.
  it("a PayPal simulator request id for an order expires after six hours", async () => {
    const { sandbox, merchant } = await aMerchant();
    await merchant.orders.createOrder(merchant.input({}, "key"));
    sandbox.clock.advance(6 * hour);
    expect((await merchant.orders.createOrder(merchant.input({}, "key"))).statusCode).toBe(201);
    expect(await sandbox.list("paypal", "payments")).toHaveLength(2);
  });

  it("the PayPal simulator captures once per request id", async () => {
    const { sandbox, merchant } = await aMerchant();
    const id = await anApprovedOrder(sandbox, merchant);
    const first = await captured(merchant, id, "key");
    expect((await captured(merchant, id, "key")).id).toBe(first.id);
    await expect(captured(merchant, id, "other")).rejects.toMatchObject(refusal("ORDER_ALREADY_CAPTURED"));
  });

  // A repeated request id gets the stored answer, also a refusal.
  it("the PayPal simulator repeats a refusal under its request id, and decides anew under another", async () => {
    const { sandbox, merchant } = await aMerchant();
    const { result } = await merchant.orders.createOrder(merchant.input());
    const id = result.id ?? "";
    await expect(captured(merchant, id, "key")).rejects.toMatchObject(refusal("ORDER_NOT_APPROVED"));
    await sandbox.control("paypal", "approve", { order_no: "ORDER1" });
    await expect(captured(merchant, id, "key")).rejects.toMatchObject(refusal("ORDER_NOT_APPROVED"));
    expect(await captured(merchant, id, "other")).toMatchObject({ status: "COMPLETED" });
  });

  // 409 RESOURCE_CONFLICT / PREVIOUS_REQUEST_IN_PROGRESS: of two simultaneous equal ids the second may fail.
  it("the PayPal simulator answers 409 while the first request of a request id is in flight", async () => {
    const { sandbox, merchant } = await aMerchant();
    const headers = { "content-type": "application/json", "paypal-request-id": "key" };
    const body = {
      intent: "CAPTURE",
      purchase_units: [{ amount: { currency_code: "USD", value: "1.00" } }],
    };
    const authorization = `Bearer ${await merchant.token()}`;
    await sandbox.control("paypal", "faults", { timeout_after_success: 60_000, times: 1 });
    const first = fetch(`${sandbox.simulators.paypal}/v2/checkout/orders`, {
      method: "POST",
      headers: { ...headers, authorization },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(300),
    });
    await expect(first).rejects.toThrow("timeout");
    expect(await merchant.call("POST", "/v2/checkout/orders", body, headers)).toMatchObject({
      status: 409,
      body: { name: "RESOURCE_CONFLICT", details: [{ issue: "PREVIOUS_REQUEST_IN_PROGRESS" }] },
    });
  });

  // Orders v2, PayPal-Request-Id: 1 to 108 characters.
  it("the PayPal simulator refuses a request id of more than 108 characters", async () => {
    const { merchant } = await aMerchant();
    const creating = merchant.orders.createOrder(merchant.input({}, "x".repeat(109)));
    await expect(creating).rejects.toMatchObject(refusal("INVALID_STRING_LENGTH", 400));
  });
});

describe("PayPal simulator: approval page", () => {
  it("the PayPal simulator's page redirects an approving buyer to return_url and takes no money", async () => {
    const { sandbox, merchant } = await aMerchant();
    const { result } = await merchant.orders.createOrder(merchant.input());
    const page = result.links?.find(({ rel }) => rel === "payer-action")?.href ?? "";
    const answer = await post(page.replace("?", "/approve?"), "");
    const back = new URL(answer.headers.get("location") ?? "");
    expect(back.href).toMatch(/^http:\/\/127\.0\.0\.1:1\/back\?/);
    expect(back.searchParams.get("token")).toBe(result.id);
    expect(back.searchParams.get("PayerID")).toMatch(/^[0-9A-Z]{13}$/);
    expect(await sandbox.list("paypal", "payments")).toMatchObject([
      { status: "open", provider_status: "APPROVED", trade_no: null },
    ]);
    await captured(merchant, result.id ?? "");
    expect((await fetch(page)).status).toBe(410);
  });

  it("the PayPal simulator's page redirects a cancelling buyer to cancel_url", async () => {
    const { merchant } = await aMerchant();
    const { result } = await merchant.orders.createOrder(merchant.input());
    const page = result.links?.find(({ rel }) => rel === "payer-action")?.href ?? "";
    const answer = await post(page.replace("?", "/cancel?"), "");
    expect(answer.headers.get("location")).toBe(`http://127.0.0.1:1/cancelled?token=${result.id}`);
  });
});
