import { describe, expect, it } from "vitest";
import { anApprovedOrder, aPaypalMerchant, captured } from "./paypal-merchant.ts";
import { aReceiver } from "./receiver.ts";
import { aSandbox } from "./sandbox.ts";

// Members of the schemas in paypal/paypal-rest-api-specifications@ec4d8f3: checkout_orders_v2.json `order`,
// `purchase_unit`; payments_payment_v2.json `capture`, `refund`; notifications_webhooks_v1.json `event`. `always`: the
// members of every example on https://developer.paypal.com/docs/api/payments/v2/ and orders/v2/.
const official = {
  order: {
    all: "create_time update_time id payment_source intent processing_instruction payer purchase_units status links",
    always: "id status intent purchase_units create_time links",
  },
  unit: {
    all: `reference_id amount payee payment_instruction description custom_id invoice_id id soft_descriptor items shipping
      supplementary_data payments`,
    always: "reference_id amount payee",
  },
  capture: {
    // `payee` and `supplementary_data` come in the resources of events.
    all: `status status_details id amount invoice_id custom_id network_transaction_reference seller_protection
      final_capture seller_receivable_breakdown disbursement_mode links processor_response create_time update_time payee
      supplementary_data`,
    always:
      "id status amount final_capture seller_protection seller_receivable_breakdown create_time update_time links",
  },
  refund: {
    all: `status status_details id amount invoice_id custom_id acquirer_reference_number note_to_payer
      seller_payable_breakdown payer links create_time update_time`,
    always: "id status amount seller_payable_breakdown create_time update_time links",
  },
  event: {
    all: "id create_time resource_type event_version event_type summary resource_version resource links",
    always: "id create_time resource_type event_version event_type summary resource links",
  },
  link: { all: "href rel method", always: "href rel method" },
};

function expectOfficial(shown: object, name: keyof typeof official): void {
  const [all, always] = [official[name].all, official[name].always].map((text) => text.split(/\s+/));
  const members = Object.keys(shown);
  expect(all, name).toEqual(expect.arrayContaining(members));
  expect(members, name).toEqual(expect.arrayContaining(always ?? []));
}

type Shown = Record<string, unknown> & { links: object[] };

async function aRefundedOrder() {
  const sandbox = await aSandbox();
  const receiver = await aReceiver();
  const merchant = await aPaypalMerchant(sandbox, receiver.url);
  const id = await anApprovedOrder(sandbox, merchant);
  const { id: captureId } = await captured(merchant, id);
  await merchant.payments.refundCapturedPayment({
    captureId,
    body: { amount: { currencyCode: "USD", value: "1.00" } },
  });
  await sandbox.attempts("paypal", 3);
  const events = receiver.received.map(({ body }) => JSON.parse(body) as Shown & { resource: Shown });
  const order = (await merchant.call("GET", `/v2/checkout/orders/${id}`)).body as Shown;
  return { sandbox, merchant, order, events };
}

describe("PayPal simulator: objects", () => {
  it("a PayPal simulator order, capture and refund have PayPal's members and no others", async () => {
    const { order } = await aRefundedOrder();
    expectOfficial(order, "order");
    const [unit] = order.purchase_units as [{ payments: { captures: Shown[]; refunds: Shown[] } }];
    expectOfficial(unit, "unit");
    for (const capture of unit.payments.captures) expectOfficial(capture, "capture");
    for (const refund of unit.payments.refunds) expectOfficial(refund, "refund");
    for (const link of order.links) expectOfficial(link, "link");
  });

  it("PayPal simulator events have PayPal's members, and their resources those of the API", async () => {
    const { events } = await aRefundedOrder();
    const kinds = { "checkout-order": "order", capture: "capture", refund: "refund" } as const;
    for (const event of events) {
      expectOfficial(event, "event");
      expectOfficial(event.resource, kinds[event.resource_type as keyof typeof kinds]);
      for (const link of event.resource.links) expectOfficial(link, "link");
    }
    expect(new Set(events.map(({ resource_type }) => resource_type))).toEqual(new Set(Object.keys(kinds)));
  });

  it("a PayPal simulator reversal has its own id and links to its capture", async () => {
    const { sandbox, merchant } = await aRefundedOrder();
    await sandbox.control("paypal", "dispute", { order_no: "ORDER1" });
    const lost = { order_no: "ORDER1", status: "RESOLVED", outcome: "RESOLVED_BUYER_FAVOUR" };
    await sandbox.control("paypal", "dispute", lost);
    const [row] = await sandbox.list("paypal", "payments");
    expect(row?.refunded_minor).toBe(1234);
    const order = (await merchant.call("GET", `/v2/checkout/orders/${row?.payment_id}`)).body as Shown;
    const [{ payments }] = order.purchase_units as [{ payments: { captures: Shown[]; refunds: Shown[] } }];
    const reversal = payments.refunds.at(-1)!;
    expect(reversal.id).not.toBe(payments.captures[0]!.id);
    expect(reversal).not.toHaveProperty("invoice_id");
    const href = expect.stringMatching(new RegExp(`/captures/${payments.captures[0]!.id}$`));
    expect(reversal.links).toContainEqual(expect.objectContaining({ rel: "up", href }));
  });

  // paypal/paypal-rest-api-specifications@ec4d8f3 notifications_webhooks_v1.json, webhooks-event-types.list.
  it("the PayPal simulator refuses a webhook with one unknown event name", async () => {
    const { merchant } = await aRefundedOrder();
    const post = (names: string[]) =>
      merchant.call("POST", "/v1/notifications/webhooks", {
        url: "https://pay.example/hook",
        event_types: names.map((name) => ({ name })),
      });
    const { body } = await merchant.call("GET", "/v1/notifications/webhooks-event-types");
    const names = (body.event_types as { name: string }[]).map(({ name }) => name);
    expect(names).toContain("PAYMENT.CAPTURE.REFUNDED");
    expect(names).not.toContain("PAYMENT.REFUND.PENDING");
    expect(await post([...names, "PAYMENT.REFUND.PENDING"])).toMatchObject({ status: 400 });
    expect(await post(names)).toMatchObject({ status: 201 });
  });
});
