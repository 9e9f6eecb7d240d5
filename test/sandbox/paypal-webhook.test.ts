import { verify, X509Certificate } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { anApprovedOrder, aPaypalMerchant, captured, type PaypalMerchant } from "./paypal-merchant.ts";
import { aReceiver, type Received } from "./receiver.ts";
import { aSandbox, type TestSandbox } from "./sandbox.ts";

const notifications = "/v1/notifications";

async function aListener() {
  const sandbox = await aSandbox();
  const receiver = await aReceiver();
  const merchant = await aPaypalMerchant(sandbox, receiver.url);
  const act = (name: string, more: object = {}) =>
    sandbox.control("paypal", name, { order_no: "ORDER1", ...more });
  return { sandbox, receiver, merchant, act };
}

/** Whether the signature is valid by PayPal's published rule, with the key of the certificate at cert_url. */
async function isSigned({ headers, body }: Received, webhookId: string): Promise<boolean> {
  const certificate = new X509Certificate(await (await fetch(String(headers["paypal-cert-url"]))).text());
  const { "paypal-transmission-id": id, "paypal-transmission-time": time } = headers;
  const text = `${id}|${time}|${webhookId}|${crc32(body)}`;
  const signature = Buffer.from(String(headers["paypal-transmission-sig"]), "base64");
  return verify("sha256", Buffer.from(text), certificate.publicKey, signature);
}

/** PayPal's own verification, with this text as the event. */
async function verification({ call, webhookId }: PaypalMerchant, { headers }: Received, event: string) {
  const said = JSON.stringify({
    auth_algo: headers["paypal-auth-algo"],
    cert_url: headers["paypal-cert-url"],
    transmission_id: headers["paypal-transmission-id"],
    transmission_sig: headers["paypal-transmission-sig"],
    transmission_time: headers["paypal-transmission-time"],
    webhook_id: webhookId,
  });
  const body = `${said.slice(0, -1)},"webhook_event":${event}}`;
  const answer = await call("POST", `${notifications}/verify-webhook-signature`, body);
  return answer.body.verification_status;
}

async function received(sandbox: TestSandbox, listener: { received: Received[] }, count: number) {
  await sandbox.attempts("paypal", count);
  const [newest] = listener.received.slice(-1);
  if (!newest) throw new Error("nothing was received");
  return { newest, events: listener.received.map(({ body }) => JSON.parse(body)) };
}

// developer.paypal.com/api/rest/webhooks/rest: id|time|webhook id|crc32 in decimal, SHA256withRSA, X.509 at cert_url.
describe("PayPal simulator: signatures", () => {
  it("a PayPal simulator signature is valid by PayPal's published rule, with a self-signed certificate", async () => {
    const { sandbox, receiver, merchant } = await aListener();
    await anApprovedOrder(sandbox, merchant);
    const { newest } = await received(sandbox, receiver, 1);
    expect(newest.headers["paypal-auth-algo"]).toBe("SHA256withRSA");
    expect(newest.headers["paypal-cert-url"]).toContain(`${notifications}/certs/CERT-`);
    expect(await isSigned(newest, merchant.webhookId)).toBe(true);
    expect(await isSigned(newest, "another")).toBe(false);
    const pem = await (await fetch(String(newest.headers["paypal-cert-url"]))).text();
    const certificate = new X509Certificate(pem);
    expect(certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.validFromDate < new Date() && new Date() < certificate.validToDate).toBe(true);
  });

  it("the PayPal simulator verifies only the exact text of an event of the caller's own webhook", async () => {
    const { sandbox, receiver, merchant } = await aListener();
    await anApprovedOrder(sandbox, merchant, { description: 'tea, "}: and \\ more' });
    const { newest } = await received(sandbox, receiver, 1);
    expect(await verification(merchant, newest, newest.body)).toBe("SUCCESS");
    const rewritten = JSON.stringify(JSON.parse(newest.body), null, 1);
    expect(await verification(merchant, newest, rewritten)).toBe("FAILURE");
    const other = await aPaypalMerchant(sandbox);
    const asOther = { ...other, webhookId: merchant.webhookId };
    expect(await verification(asOther, newest, newest.body)).toBe("FAILURE");
  });

  it("a PayPal simulator signature is invalid with tamper, absent with unsigned, valid with wrong_amount", async () => {
    const { sandbox, receiver, merchant, act } = await aListener();
    await sandbox.control("paypal", "faults", { tamper: true, times: 1 });
    await anApprovedOrder(sandbox, merchant);
    const { newest: tampered } = await received(sandbox, receiver, 1);
    expect(JSON.parse(tampered.body).resource.purchase_units[0].amount.value).toBe("22.34");
    expect(await isSigned(tampered, merchant.webhookId)).toBe(false);

    await sandbox.control("paypal", "faults", { wrong_amount: true, times: 1 });
    await act("resend");
    const { newest: dearer } = await received(sandbox, receiver, 2);
    expect(JSON.parse(dearer.body).resource.purchase_units[0].amount.value).toBe("12.35");
    expect(await isSigned(dearer, merchant.webhookId)).toBe(true);

    await sandbox.control("paypal", "faults", { unsigned: true, times: 1 });
    await act("resend");
    const { newest: unsigned } = await received(sandbox, receiver, 3);
    expect(unsigned.headers).not.toHaveProperty("paypal-transmission-sig");
  });
});

describe("PayPal simulator: events", () => {
  it("PayPal simulator events about approval, capture and refund have PayPal's format", async () => {
    const { sandbox, receiver, merchant, act } = await aListener();
    const orderId = await anApprovedOrder(sandbox, merchant);
    await received(sandbox, receiver, 1);
    const { id: captureId } = await captured(merchant, orderId);
    await received(sandbox, receiver, 2);
    await act("refund", { amount: "2.34" });
    const { events } = await received(sandbox, receiver, 3);
    const [approved, completed, refunded] = events;
    expect(approved).toMatchObject({
      id: expect.stringMatching(/^WH-[0-9A-Z]{17}-[0-9A-Z]{17}$/),
      event_version: "1.0",
      event_type: "CHECKOUT.ORDER.APPROVED",
      resource_type: "checkout-order",
      resource: { id: orderId, status: "APPROVED", purchase_units: [{ invoice_id: "ORDER1" }] },
      links: [{ rel: "self" }, { rel: "resend" }],
    });
    expect(completed).toMatchObject({
      event_type: "PAYMENT.CAPTURE.COMPLETED",
      resource_type: "capture",
      resource: {
        id: captureId,
        status: "COMPLETED",
        custom_id: "shop-7",
        invoice_id: "ORDER1",
        supplementary_data: { related_ids: { order_id: orderId } },
      },
    });
    // A refund made in the console has its capture's custom_id and invoice_id (woocommerce-paypal-payments finds the
    // order by them).
    expect(refunded).toMatchObject({
      event_type: "PAYMENT.CAPTURE.REFUNDED",
      resource_type: "refund",
      resource: { amount: { value: "2.34" }, status: "COMPLETED", custom_id: "shop-7", invoice_id: "ORDER1" },
    });
    const up = refunded.resource.links.find(({ rel }: { rel: string }) => rel === "up");
    expect(up.href).toContain(`/v2/payments/captures/${captureId}`);
  });

  it("a PayPal simulator event reports how a pending capture ends", async () => {
    const { sandbox, receiver, merchant, act } = await aListener();
    const { result } = await merchant.orders.createOrder(merchant.input());
    await act("start");
    await received(sandbox, receiver, 1);
    await captured(merchant, result.id ?? "");
    await received(sandbox, receiver, 2);
    await act("fail");
    const { events } = await received(sandbox, receiver, 3);
    expect(events.slice(1)).toMatchObject([
      {
        event_type: "PAYMENT.CAPTURE.PENDING",
        resource: { status: "PENDING", status_details: { reason: "ECHECK" } },
      },
      { event_type: "PAYMENT.CAPTURE.DENIED", resource: { status: "DECLINED" } },
    ]);
  });

  // Disputes v1: seller_transaction_id is the capture. A lost dispute is reversed: PAYMENT.CAPTURE.REVERSED.
  it("PayPal simulator events report a dispute and the reversal after a lost one", async () => {
    const { sandbox, receiver, merchant, act } = await aListener();
    const { id: captureId } = await captured(merchant, await anApprovedOrder(sandbox, merchant));
    await received(sandbox, receiver, 2);
    await act("dispute");
    const { events } = await received(sandbox, receiver, 3);
    expect(events[2]).toMatchObject({
      event_type: "CUSTOMER.DISPUTE.CREATED",
      resource_type: "dispute",
      resource: { status: "OPEN", disputed_transactions: [{ seller_transaction_id: captureId }] },
    });
    expect((await act("dispute")).status).toBe(409);
    await act("dispute", { status: "RESOLVED", outcome: "RESOLVED_BUYER_FAVOUR" });
    const { events: all } = await received(sandbox, receiver, 5);
    expect(
      all
        .slice(3)
        .map(({ event_type }) => event_type)
        .sort(),
    ).toEqual(["CUSTOMER.DISPUTE.RESOLVED", "PAYMENT.CAPTURE.REVERSED"]);
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ status: "refunded" }]);
  });

  // Orders v2: an approval that is not captured in time is withdrawn.
  it("a PayPal simulator event reports a lapsed approval", async () => {
    const { sandbox, receiver, merchant, act } = await aListener();
    await anApprovedOrder(sandbox, merchant);
    await received(sandbox, receiver, 1);
    await act("expire");
    const { events } = await received(sandbox, receiver, 2);
    expect(events[1].event_type).toBe("CHECKOUT.PAYMENT-APPROVAL.REVERSED");
  });

  // developer.paypal.com/api/rest/webhooks: any 2xx is an acknowledgement; up to 25 retries in three days.
  it("a PayPal simulator event is retried as the same transmission until a 2xx, at most 25 times", async () => {
    const sandbox = await aSandbox();
    const [merchant, receiver] = [await aPaypalMerchant(sandbox), await aReceiver()];
    const subscription = { url: receiver.url, event_types: [{ name: "PAYMENT.CAPTURE.COMPLETED" }] };
    await merchant.call("POST", `${notifications}/webhooks`, subscription);
    receiver.answer.status = 500;
    await captured(merchant, await anApprovedOrder(sandbox, merchant));
    for (let sent = 1; sent <= 25; sent++) {
      await sandbox.attempts("paypal", sent);
      sandbox.clock.advance(5 * 3600 * 1000);
    }
    const lines = await sandbox.attempts("paypal", 26);
    expect(new Set(receiver.received.map(({ headers }) => headers["paypal-transmission-id"])).size).toBe(1);
    expect(lines.at(-1)).toMatchObject({ attempt: 26, outcome: "refused" });
    sandbox.clock.advance(30 * 24 * 3600 * 1000);
    await sandbox.control("paypal", "resend", { order_no: "ORDER1" });
    expect((await sandbox.attempts("paypal", 27)).at(-1)).toMatchObject({ attempt: 1 });
  });
});

// developer.paypal.com/docs/api/webhooks/v1
describe("PayPal simulator: webhooks", () => {
  const input = (url: string, ...names: string[]) => ({
    url,
    event_types: names.map((name) => ({ name })),
  });

  it("a PayPal simulator webhook is registered, listed, receives its events only, and is deleted", async () => {
    const sandbox = await aSandbox();
    const [merchant, receiver] = [await aPaypalMerchant(sandbox), await aReceiver()];
    const path = `${notifications}/webhooks`;
    const made = await merchant.call("POST", path, input(receiver.url, "PAYMENT.CAPTURE.COMPLETED"));
    expect(made).toMatchObject({ status: 201, body: { url: receiver.url } });
    const listed = await merchant.call("GET", path);
    expect(listed.body).toMatchObject({
      webhooks: [{ id: made.body.id, event_types: [{ name: "PAYMENT.CAPTURE.COMPLETED" }] }],
    });
    await captured(merchant, await anApprovedOrder(sandbox, merchant));
    const { newest, events } = await received(sandbox, receiver, 1);
    expect(events).toMatchObject([{ event_type: "PAYMENT.CAPTURE.COMPLETED" }]);
    expect(await isSigned(newest, String(made.body.id))).toBe(true);
    expect((await merchant.call("GET", `${path}/${made.body.id}`)).status).toBe(200);
    expect((await merchant.call("DELETE", `${path}/${made.body.id}`)).status).toBe(204);
    expect((await merchant.call("GET", `${path}/${made.body.id}`)).status).toBe(404);
  });

  it("the PayPal simulator refuses duplicate and invalid webhook URLs and an eleventh webhook", async () => {
    const merchant = await aPaypalMerchant(await aSandbox());
    const add = (url: string, event = "PAYMENT.CAPTURE.COMPLETED") =>
      merchant.call("POST", `${notifications}/webhooks`, input(url, event));
    const refused = (name: string) => ({ status: 400, body: { name } });
    for (let number = 1; number <= 10; number++) await add(`https://shop.example/${number}`);
    expect(await add("https://shop.example/10")).toMatchObject(refused("WEBHOOK_URL_ALREADY_EXISTS"));
    expect(await add("https://shop.example/11")).toMatchObject(refused("WEBHOOK_NUMBER_LIMIT_EXCEEDED"));
    expect(await add("http://shop.example/")).toMatchObject(refused("VALIDATION_ERROR"));
    expect(await add("https://shop.example:8443/")).toMatchObject(refused("VALIDATION_ERROR"));
    expect(await add("https://shop.example/", "PAYMENT.CAPTURE.COMPLETE")).toMatchObject(
      refused("VALIDATION_ERROR"),
    );
  });
});
