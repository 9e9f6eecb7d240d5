import { describe, expect, it } from "vitest";
import { paypal } from "../../../../lib/providers/paypal/paypal.ts";
import type { Reply } from "../../outbound/local-server.ts";
import { newPayment, orderNo } from "../payments.ts";
import {
  accessToken,
  credentials,
  json,
  openPayPal,
  order,
  paypalOrderId,
  paypalServer,
  refusal,
  storedPayment,
} from "./account.ts";

const usd = { minor: 1230, currency: "USD" };
const prepared = () => openPayPal().prepare(newPayment({ amount: usd }));

describe("PayPal credentials", () => {
  it("PayPal credentials stay the same when parsed again", () => {
    const parsed = paypal.credentials.parse(credentials);
    expect(paypal.credentials.parse(parsed)).toEqual(parsed);
    expect(paypal.missing?.(parsed)).toEqual([]);
  });

  it("PayPal credentials without a webhook id are accepted and reported as incomplete", () => {
    const { webhook_id: _, ...without } = credentials;
    expect(paypal.missing?.(paypal.credentials.parse(without))).toEqual(["webhook_id"]);
  });

  it.each([
    { client_id: "" },
    { client_id: "a:b canary" },
    { secret: "canary:secret" },
    { mode: "production" },
    { webhook_id: "canary/1" },
    { merchant_id: "canary" },
    { is_production: true },
  ])("wrong PayPal credentials are refused without being repeated: %o", (changes) => {
    const parsed = paypal.credentials.safeParse({ ...credentials, ...changes });
    expect(parsed.success).toBe(false);
    expect(parsed.error?.message).not.toContain("canary");
  });

  // What web pages, files and `.env` lines add to a value, and PayPal's own spelling of the two modes.
  it.each([
    [{ client_id: "  AclientId\r\n" }],
    [{ secret: '"EcanarySecret",' }],
    [{ secret: "Ecanary\n  Secret" }],
    [{ secret: "\ufeffEcanary\u200bSecret" }],
    [{ client_id: "‘AclientId’" }],
    [{ mode: "Sandbox" }],
    [{ mode: " SANDBOX\n" }],
    [{ webhook_id: `\t${credentials.webhook_id};` }],
  ])("a PayPal credential is accepted as pasted: %j", (changes) => {
    expect(paypal.credentials.parse({ ...credentials, ...changes })).toEqual(credentials);
  });

  // Shapes of today's REST apps: https://developer.paypal.com/api/rest/ (client id "A…", secret "E…", 80 characters).
  const clientId = `A${"b".repeat(79)}`;
  const secret = `E${"c".repeat(79)}`;
  it.each([
    ["swapped", { client_id: secret, secret: clientId }, "swap them"],
    ["the client id twice", { client_id: clientId, secret: clientId }, "is the client id again"],
    ["an access token", { client_id: clientId, secret: `A21AA${"x".repeat(92)}` }, "is an access token"],
    ["PayPal's word for live", { mode: "production" }, 'PayPal calls production "live"'],
    ["a URL for the webhook id", { webhook_id: "https://pay.example/notify" }, "not the URL itself"],
    ["an email for the merchant id", { merchant_id: "shop@example.com" }, "not its email"],
  ])("PayPal credentials that are %s are refused with what to change", (_title, changes, words) => {
    const parsed = paypal.credentials.safeParse({ ...credentials, ...changes });
    expect(JSON.stringify(parsed.error?.issues)).toContain(words.replaceAll('"', '\\"'));
  });

  it.each([
    ["sandbox", false],
    ["live", true],
  ])("PayPal credentials of mode %s have livemode %s", (mode, livemode) => {
    expect(openPayPal({ mode }).livemode).toBe(livemode);
  });
});

describe("PayPal order request", () => {
  it("a PayPal order request carries our number as invoice id and the merchant's number as custom id", () => {
    expect(prepared()).toEqual({
      intent: "CAPTURE",
      purchase_units: [
        {
          reference_id: orderNo,
          custom_id: "shop-1",
          invoice_id: orderNo,
          description: "Tea",
          amount: { currency_code: "USD", value: "12.30" },
        },
      ],
      payment_source: {
        paypal: {
          experience_context: {
            user_action: "PAY_NOW",
            shipping_preference: "NO_SHIPPING",
            return_url: "https://pay.example/api/v1/public/return/x/1",
            cancel_url: "https://pay.example/api/v1/public/return/x/1",
          },
        },
      },
    });
  });

  it("a PayPal order request truncates a long subject", () => {
    const { purchase_units } = openPayPal().prepare(newPayment({ amount: usd, subject: "x".repeat(256) }));
    expect(purchase_units).toMatchObject([{ description: `${"x".repeat(126)}…` }]);
  });

  it("a PayPal order request is refused for an amount that PayPal cannot express", () => {
    const amount = { minor: 1050, currency: "HUF" };
    expect(() => openPayPal().prepare(newPayment({ amount }))).toThrow("HUF takes at most 0 decimal places");
  });
});

describe("PayPal order creation", () => {
  const started = async (...replies: Reply[]) => {
    const server = await paypalServer(...replies);
    return openPayPal({ baseUrl: server.url }).createPayment(storedPayment, prepared(), "key-1");
  };

  it("creating a PayPal order posts the stored request under the stored key, and returns the buyer's link", async () => {
    const server = await paypalServer(json(order(), 201));
    const adapter = openPayPal({ baseUrl: server.url });
    expect(await adapter.createPayment(storedPayment, prepared(), "key-1")).toEqual({
      kind: "payable",
      payable: {
        paymentId: paypalOrderId,
        paymentUrl: "https://www.sandbox.paypal.com/checkoutnow?token=x",
        qrCode: "",
        extraData: {},
      },
    });
    const [call] = server.calls();
    expect(call).toMatchObject({
      method: "POST",
      path: "/v2/checkout/orders",
      headers: {
        authorization: `Bearer ${accessToken}`,
        "paypal-request-id": "key-1",
        prefer: "return=representation",
        "content-type": "application/json",
        "accept-encoding": "identity",
      },
    });
    expect(JSON.parse(call?.body ?? "")).toEqual({
      intent: "CAPTURE",
      purchase_units: [
        {
          reference_id: orderNo,
          custom_id: "shop-1",
          invoice_id: orderNo,
          description: "Tea",
          amount: { currency_code: "USD", value: "12.30" },
        },
      ],
      payment_source: {
        paypal: {
          experience_context: {
            user_action: "PAY_NOW",
            shipping_preference: "NO_SHIPPING",
            return_url: "https://pay.example/api/v1/public/return/x/1",
            cancel_url: "https://pay.example/api/v1/public/return/x/1",
          },
        },
      },
    });
  });

  // "PayPal REST API TypeScript SDK, Version: 2.5.0, on OS {os-info}" in @paypal/paypal-server-sdk 2.5.0, client.js.
  it("every PayPal call has our own user agent, without the SDK's unfilled placeholder", async () => {
    const server = await paypalServer(json(order(), 201));
    const adapter = openPayPal({ baseUrl: server.url });
    await adapter.createPayment(storedPayment, prepared(), "key-1");
    await adapter.fetchPayment(storedPayment);
    await adapter.probe?.();
    expect(server.calls().map(({ headers }) => headers["user-agent"])).toEqual(Array(3).fill("uni-pay"));
  });

  it("a PayPal answer with a byte order mark is read, and one that is not UTF-8 has an unknown outcome", async () => {
    const text = JSON.stringify(order());
    expect(await started({ status: 201, body: `\ufeff${text}` })).toMatchObject({ kind: "payable" });
    const broken = Buffer.from(text.replace("shop-1", "shop-\xff"), "latin1");
    expect(await started({ status: 201, body: broken })).toMatchObject({ kind: "unknown" });
  });

  it("a repeat posts the same PayPal order, even if the stored request's fields come back reordered", async () => {
    const server = await paypalServer(json(order(), 201));
    const adapter = openPayPal({ baseUrl: server.url });
    const reversed = JSON.parse(JSON.stringify(prepared()), (_key, value) =>
      typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    await adapter.createPayment(storedPayment, prepared(), "key-1");
    await adapter.createPayment(storedPayment, reversed, "key-1");
    expect(server.calls()[1]?.body).toBe(server.calls()[0]?.body);
  });

  it.each([
    ["a minimal answer", { purchase_units: undefined }],
    [
      "the link of an order without payment source",
      { links: [{ rel: "approve", href: "https://p.example/" }] },
    ],
  ])("creating a PayPal order accepts %s", async (_title, changes) => {
    expect(await started(json(order(changes), 201))).toMatchObject({ kind: "payable" });
  });

  it.each([
    ["400", refusal(400, "INVALID_PARAMETER_VALUE", "INVALID_REQUEST"), "subject", "INVALID_PARAMETER_VALUE"],
    ["422", refusal(422, "CURRENCY_NOT_SUPPORTED"), "subject", "CURRENCY_NOT_SUPPORTED"],
    [
      "401",
      json({ error: "invalid_token", error_description: accessToken }, 401),
      "nothing",
      "invalid_token",
    ],
    ["403", refusal(403, "PERMISSION_DENIED", "NOT_AUTHORIZED"), "nothing", "PERMISSION_DENIED"],
    [
      "a restricted merchant",
      refusal(422, "PAYEE_ACCOUNT_RESTRICTED"),
      "nothing",
      "PAYEE_ACCOUNT_RESTRICTED",
    ],
    [
      "a wrong secret",
      json({ error: "invalid_client", error_description: credentials.secret }, 401),
      "nothing",
      "invalid_client",
    ],
  ])("a PayPal create refused with %s ends $2", async (_title, reply, ends, code) => {
    const said = await started(reply);
    expect(said).toEqual({
      kind: "refused",
      fault: ends === "subject" ? "request" : "merchant",
      ends,
      listed: true,
      error: { code, message: expect.any(String) },
    });
    expect(JSON.stringify(said)).not.toContain("canary");
  });

  it.each([
    ["409", refusal(409, "PREVIOUS_REQUEST_IN_PROGRESS", "RESOURCE_CONFLICT")],
    ["429", json({ name: "RATE_LIMIT_REACHED", message: "slow" }, 429)],
    ["403 in HTML", { status: 403, body: "<html>" }],
    ["500", refusal(500, "INTERNAL_SERVICE_ERROR", "INTERNAL_SERVER_ERROR")],
    ["503 with an order", json(order(), 503)],
    ["400 in HTML", { status: 400, body: "<html>" }],
    ["404 without an error", json({}, 404)],
    [
      "a redirect with an order",
      { ...(json(order(), 302) as object), headers: { location: "https://x.example" } },
    ],
    ["an unusual 4xx", refusal(418, "X")],
    ["HTML", { status: 201, body: "<html>" }],
    ["JSON null", json(null, 201)],
    ["an order with a number for its id", json(order({ id: 1 }), 201)],
    ["an order without a link", json(order({ links: [] }), 201)],
    ["an invalid link", json(order({ links: [{ rel: "approve", href: "x" }] }), 201)],
    ["another order's invoice", json(order({}, { invoice_id: "UNI1" }), 201)],
    ["a broken connection", "reset"],
  ] satisfies [string, Reply][])("a PayPal create has an unknown outcome after %s", async (_title, reply) => {
    const said = await started(reply);
    expect(said).toEqual({ kind: "unknown", why: expect.any(String) });
    expect(JSON.stringify(said)).not.toContain("canary");
  });
});
