import { describe, expect, it } from "vitest";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { createdAt, newPayment, orderNo } from "../payments.ts";
import { json, openStripe, refusal, secretKey, session, sessionId, storedPayment } from "./account.ts";

const usd = { minor: 1230, currency: "USD" };
const prepared = () => openStripe().prepare(newPayment({ amount: usd }));
const minutes = (count: number) => createdAt.getTime() / 1000 + count * 60;

describe("Stripe Checkout request", () => {
  it("a Stripe Checkout request carries our number in every field that Stripe returns later", () => {
    const metadata = { order_no: orderNo, out_trade_no: "shop-1" };
    expect(prepared()).toEqual({
      mode: "payment",
      line_items: [
        { quantity: 1, price_data: { currency: "usd", unit_amount: 1230, product_data: { name: "Tea" } } },
      ],
      client_reference_id: orderNo,
      metadata,
      payment_intent_data: { metadata },
      success_url: "https://pay.example/api/v1/public/return/x/1",
      cancel_url: "https://pay.example/api/v1/public/return/x/1",
      expires_at: Math.floor(minutes(120)),
      adaptive_pricing: { enabled: false },
    });
  });

  it.each([
    ["a minute", 1, 31],
    ["31 minutes", 31, 31],
    ["an hour", 60, 60],
    ["a day", 1440, 1440],
    ["more than a day", 1500, 1440],
  ])("the Stripe session of an order over %s ends after $2 minutes", (_title, input, ends) => {
    const expiresAt = new Date(minutes(input) * 1000);
    expect(openStripe().prepare(newPayment({ amount: usd, expiresAt })).expires_at).toBe(
      Math.floor(minutes(ends)),
    );
  });

  it("a Stripe Checkout request truncates a long subject", () => {
    const [item] = openStripe().prepare(newPayment({ amount: usd, subject: "x".repeat(256) })).line_items as {
      price_data: { product_data: { name: string } };
    }[];
    expect(item?.price_data.product_data.name).toBe(`${"x".repeat(249)}…`);
  });
});

describe("Stripe Checkout creation", () => {
  const started = async (reply: Reply) => {
    const server = await localServer(() => reply);
    return openStripe({ baseUrl: server.url }).createPayment(storedPayment, prepared(), "key-1");
  };

  it("creating a Stripe session posts the stored request under the stored key, and returns the buyer's link", async () => {
    const server = await localServer(() => json(session(), 200, { "stripe-notice": "test mode" }));
    const adapter = openStripe({ baseUrl: server.url });
    expect(await adapter.createPayment(storedPayment, prepared(), "key-1")).toEqual({
      kind: "payable",
      payable: { paymentId: sessionId, paymentUrl: session().url, qrCode: "", extraData: {} },
    });
    const [call] = server.calls;
    expect(call).toMatchObject({
      method: "POST",
      path: "/v1/checkout/sessions",
      headers: {
        authorization: `Bearer ${secretKey}`,
        "idempotency-key": "key-1",
        "stripe-version": "2026-10-28.endive",
        "accept-encoding": "identity",
      },
    });
    expect(call?.headers).not.toHaveProperty("x-stripe-client-telemetry");
    const form = Object.fromEntries(new URLSearchParams(call?.body));
    expect(form).toMatchObject({
      client_reference_id: orderNo,
      "line_items[0][price_data][unit_amount]": "1230",
      "payment_intent_data[metadata][order_no]": orderNo,
      "adaptive_pricing[enabled]": "false",
    });
  });

  it("a Stripe session with an empty error beside it is payable", async () => {
    expect(await started(json(session({ error: null })))).toMatchObject({ kind: "payable" });
  });

  it("a repeat posts the same Stripe session, even if the stored request's fields come back reordered", async () => {
    const server = await localServer(() => json(session()));
    const adapter = openStripe({ baseUrl: server.url });
    const reversed = JSON.parse(JSON.stringify(prepared()), (_key, value) =>
      typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value,
    );
    await adapter.createPayment(storedPayment, prepared(), "key-1");
    await adapter.createPayment(storedPayment, reversed, "key-1");
    expect(server.calls[1]?.body).toBe(server.calls[0]?.body);
  });

  it.each([
    [
      "an amount below the minimum",
      refusal(400, { type: "invalid_request_error", code: "amount_too_small", message: "too small" }),
      { fault: "request", ends: "subject", listed: true },
    ],
    [
      "a refused parameter without a code",
      refusal(400, { type: "invalid_request_error", message: "Not a valid URL" }),
      { fault: "request", ends: "subject", listed: true },
    ],
    [
      "a wrong key",
      refusal(401, { type: "invalid_request_error", message: `Invalid API Key: ${secretKey}` }),
      { fault: "merchant", ends: "nothing", listed: true },
    ],
    [
      "an expired key",
      refusal(401, { type: "invalid_request_error", code: "api_key_expired", message: "expired" }),
      { fault: "merchant", ends: "nothing", listed: true },
    ],
    [
      "a key without permission",
      refusal(403, { type: "invalid_request_error", message: "no permission" }),
      { fault: "merchant", ends: "nothing", listed: true },
    ],
    [
      "a rate limit",
      refusal(429, { type: "invalid_request_error", code: "rate_limit", message: "slow" }),
      { fault: "merchant", ends: "nothing", listed: true },
    ],
    [
      "a rate limit as 400",
      refusal(400, { type: "invalid_request_error", code: "rate_limit", message: "s" }),
      { fault: "merchant", ends: "nothing", listed: true },
    ],
    [
      "an account that is not activated",
      refusal(400, { type: "invalid_request_error", code: "testmode_charges_only", message: "activate" }),
      { fault: "merchant", ends: "nothing", listed: true },
    ],
    [
      "a code that Stripe does not list",
      refusal(400, { type: "invalid_request_error", code: "brand_new", message: "new" }),
      { fault: "merchant", ends: "nothing", listed: false },
    ],
    [
      "a card error, which no create can cause",
      refusal(402, { type: "card_error", code: "card_declined", message: "no" }),
      { fault: "merchant", ends: "nothing", listed: false },
    ],
  ])("a refused Stripe create maps to a fault and to what ends: %s", async (_title, reply, meaning) => {
    const said = await started(reply);
    expect(said).toEqual({
      kind: "refused",
      ...meaning,
      error: { code: expect.any(String), message: expect.any(String) },
    });
    expect(JSON.stringify(said)).not.toContain("canary");
  });

  it("a Stripe create under the key of another request has an unknown outcome, and reports the code for an alarm", async () => {
    const reply = refusal(400, { type: "idempotency_error", message: "differs" });
    expect(await started(reply)).toEqual({
      kind: "unknown",
      why: "Stripe: idempotency_error",
      unlisted: "idempotency_error",
    });
  });

  it("a refused Stripe create reports Stripe's code and message", async () => {
    expect(
      await started(refusal(400, { type: "invalid_request_error", code: "c", message: "m" })),
    ).toMatchObject({
      error: { code: "c", message: "m" },
    });
  });

  it.each([
    ["a request in flight", refusal(409, { type: "idempotency_error", message: "in use" })],
    ["a lock held by another request", refusal(429, { code: "lock_timeout", message: "locked" })],
    ["500", refusal(500, { type: "api_error", message: "oops" })],
    ["503 with a session", json(session(), 503)],
    ["a redirect with a session", json(session(), 302, { location: "https://elsewhere.example" })],
    ["a refusal with status 200", refusal(200, { type: "api_error", message: "?" })],
    ["a session with an error beside it", json(session({ error: { type: "api_error", message: "?" } }))],
    ["an unusual 4xx", refusal(418, { type: "api_error", message: "?" })],
    ["HTML", { status: 200, body: "<html>" } satisfies Reply],
    ["JSON null", json(null)],
    ["an empty object", json({})],
    ["a session without a link", json(session({ url: null }))],
    ["a session of another order", json(session({ client_reference_id: "UNI1" }))],
    ["a session without our metadata", json(session({ metadata: {} }))],
    ["a broken connection", "reset" as const],
  ])("a Stripe create has an unknown outcome after %s", async (_title, reply) => {
    const said = await started(reply);
    expect(said).toEqual({ kind: "unknown", why: expect.any(String) });
    expect(JSON.stringify(said)).not.toContain("canary");
  });

  it("a Stripe call is never sent again because Stripe says so", async () => {
    const server = await localServer(() => json({}, 503, { "stripe-should-retry": "true" }));
    await openStripe({ baseUrl: server.url }).createPayment(storedPayment, prepared(), "key-1");
    expect(server.calls).toHaveLength(1);
  });
});
