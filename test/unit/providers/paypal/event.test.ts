import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { withCrc32 } from "../../../steps/with-crc32.ts";
import { localServer } from "../../outbound/local-server.ts";
import { orderNo } from "../payments.ts";
import {
  capture,
  captureId,
  certificatePath,
  openPayPal,
  order,
  refund,
  signedHeaders,
  signer,
} from "./account.ts";

/** Parses `body`; `signed` is the body that was signed. */
async function parseText(body: string | Buffer, signed = body) {
  const server = await localServer(() => ({ body: signer.certificatePem }));
  const headers = signedHeaders(signed, server.url + certificatePath);
  return openPayPal({ baseUrl: server.url }).parseWebhook({ body: Buffer.from(body), headers }, "");
}

function parseWebhook(type: string, resource: unknown) {
  const event = { id: "WH-1", event_version: "1.0", event_type: type, resource_type: "x", resource };
  return parseText(JSON.stringify(event));
}

const disputeOf = (...transactions: object[]) => ({
  dispute_id: "PP-D-1",
  reason: "MERCHANDISE_OR_SERVICE_NOT_RECEIVED",
  status: "OPEN",
  disputed_transactions: transactions,
});

describe("PayPal events", () => {
  it.each([
    ["CHECKOUT.ORDER.APPROVED", order({ status: "APPROVED" })],
    ["CHECKOUT.ORDER.COMPLETED", order({ status: "COMPLETED" })],
    ["CHECKOUT.PAYMENT-APPROVAL.REVERSED", { order_id: "5O", purchase_units: [{ invoice_id: orderNo }] }],
    ["PAYMENT.CAPTURE.COMPLETED", capture()],
    ["PAYMENT.CAPTURE.PENDING", capture({ status: "PENDING" })],
    ["PAYMENT.CAPTURE.DENIED", capture({ status: "DECLINED" })],
    ["PAYMENT.CAPTURE.DECLINED", capture({ status: "DECLINED" })],
    ["PAYMENT.CAPTURE.REFUNDED", refund()],
    ["PAYMENT.CAPTURE.REVERSED", refund({ custom_id: undefined })],
    ["PAYMENT.REFUND.PENDING", refund({ status: "PENDING" })],
    ["PAYMENT.REFUND.FAILED", refund({ status: "FAILED" })],
  ])("a PayPal event %s only triggers a fetch", async (type, resource) => {
    expect(await parseWebhook(type, resource)).toEqual({
      eventId: "WH-1",
      eventType: type,
      events: [{ kind: "refetch", orderNo, why: type }],
    });
  });

  it("a PayPal event about a refund that names no order is assigned by its capture", async () => {
    const up = { rel: "up", href: `https://api.paypal.com/v2/payments/captures/${captureId}` };
    const notified = refund({ invoice_id: undefined, custom_id: undefined, links: [up] });
    const { events } = await parseWebhook("PAYMENT.CAPTURE.REFUNDED", notified);
    const why = "PAYMENT.CAPTURE.REFUNDED";
    expect(events).toEqual([{ kind: "refetch", orderNo: null, tradeNo: captureId, why }]);
  });

  // A merchant may type any invoice number into PayPal's refund form; `up` and `self`: link_description of
  // paypal/paypal-rest-api-specifications@ec4d8f3, payments_payment_v2.json, refund and capture.
  const linkTo = (rel: string, path: string) => ({ rel, href: `https://api.paypal.com/v2/payments/${path}` });
  it.each([
    [
      "a refund with an invoice number that a person typed",
      "PAYMENT.CAPTURE.REFUNDED",
      refund({ invoice_id: "2026-117", custom_id: "shop-1" }),
    ],
    ["a refund without any number", "PAYMENT.REFUND.FAILED", refund({ invoice_id: undefined })],
    [
      "a reversal, whose resource is neither the capture nor a refund of ours",
      "PAYMENT.CAPTURE.REVERSED",
      {
        id: "09E71677NS257044M",
        links: [linkTo("self", "refunds/09E71677NS257044M"), linkTo("up", `captures/${captureId}`)],
      },
    ],
    [
      "a reversal that shows the capture itself",
      "PAYMENT.CAPTURE.REVERSED",
      capture({ invoice_id: undefined, links: [linkTo("self", `captures/${captureId}`)] }),
    ],
    [
      "a capture that links to its order as `up`",
      "PAYMENT.CAPTURE.COMPLETED",
      {
        id: captureId,
        links: [
          { rel: "up", href: "https://api.paypal.com/v2/checkout/orders/5O190127TN364715T" },
          linkTo("self", `captures/${captureId}`),
        ],
      },
    ],
  ])("a PayPal event about %s is assigned by its capture", async (_title, type, resource) => {
    const { events } = await parseWebhook(type, resource);
    expect(events).toEqual([{ kind: "refetch", orderNo: null, tradeNo: captureId, why: type }]);
  });

  it("a PayPal event with a byte order mark is read, and its CRC-32 covers the mark", async () => {
    const event = { id: "WH-1", event_type: "PAYMENT.CAPTURE.COMPLETED", resource: capture() };
    const text = JSON.stringify(event);
    const marked = Buffer.from(`\ufeff${text}`);
    expect((await parseText(marked)).events).toMatchObject([{ kind: "refetch", orderNo }]);
    await expect(parseText(marked, text)).rejects.toMatchObject({ failure: "notification_refused" });
  });

  it("a PayPal event with a forged body of the same CRC-32 only triggers a fetch", async () => {
    const notified = { id: "WH-1", event_type: "PAYMENT.CAPTURE.COMPLETED", resource: capture() };
    const real = JSON.stringify(notified);
    const dearer = capture({ amount: { currency_code: "USD", value: "99999.99" } });
    const forged = withCrc32(JSON.stringify({ ...notified, resource: dearer }), crc32(real));
    expect(crc32(forged)).toBe(crc32(real));
    const { events } = await parseText(forged, real);
    expect(events).toEqual([{ kind: "refetch", orderNo, why: "PAYMENT.CAPTURE.COMPLETED" }]);
  });

  it.each([
    ["PAYMENT.CAPTURE.COMPLETED", capture({ invoice_id: undefined }), "ignored"],
    ["CHECKOUT.ORDER.APPROVED", order({ purchase_units: [] }), "ignored"],
    ["PAYMENT.CAPTURE.COMPLETED", capture({ invoice_id: 7 }), "unrecognised"],
    ["CHECKOUT.ORDER.APPROVED", null, "unrecognised"],
    ["PAYMENT.AUTHORIZATION.CREATED", capture(), "ignored"],
    ["BILLING.SUBSCRIPTION.CREATED", {}, "ignored"],
    ["CUSTOMER.DISPUTE.CREATED", disputeOf({}), "ignored"],
    ["CUSTOMER.DISPUTE.CREATED", null, "unrecognised"],
  ])("a PayPal event %s gives $2 (%#)", async (type, resource, kind) => {
    expect((await parseWebhook(type, resource)).events).toEqual([expect.objectContaining({ kind })]);
  });

  it.each(["CUSTOMER.DISPUTE.CREATED", "CUSTOMER.DISPUTE.UPDATED", "CUSTOMER.DISPUTE.RESOLVED"])(
    "a PayPal event %s names the disputed captures",
    async (type) => {
      const dispute = disputeOf({ seller_transaction_id: captureId }, { seller_transaction_id: "2" });
      const why = `${type}: PP-D-1, MERCHANDISE_OR_SERVICE_NOT_RECEIVED, OPEN`;
      expect((await parseWebhook(type, dispute)).events).toEqual([
        { kind: "disputed", tradeNo: captureId, why },
        { kind: "disputed", tradeNo: "2", why },
      ]);
    },
  );

  it.each([
    ["not JSON", "{"],
    ["not UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["not an event", "{}"],
    ["empty", ""],
  ])("a PayPal webhook whose body is %s is malformed", async (_title, body) => {
    await expect(parseText(body)).rejects.toMatchObject({ failure: "notification_malformed" });
  });
});
