import Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { seconds } from "../../scripts/sandbox/stripe/events.ts";
import { aSandbox, post } from "./sandbox.ts";
import { aStripeMerchant, priced } from "./stripe-merchant.ts";

const minutes = 60;

// Requests are made, and errors are classed, by stripe 23.1.0.
describe("Stripe simulator: API", () => {
  it("a Stripe simulator session is created, paid and returned with its payment intent and charge", async () => {
    const sandbox = await aSandbox();
    const { stripe, input, account } = await aStripeMerchant(sandbox);
    const session = await stripe.checkout.sessions.create(input());
    expect(session).toMatchObject({
      status: "open",
      payment_status: "unpaid",
      amount_total: 1234,
      currency: "usd",
    });
    expect(session).toMatchObject({ livemode: false, payment_intent: null, client_reference_id: "ORDER1" });
    expect(session.lastResponse.requestId).toMatch(/^req_/);
    expect(await (await fetch(session.url ?? "")).text()).toContain("Tea &lt;b&gt;");

    await sandbox.control("stripe", "pay", { order_no: "ORDER1" });
    const expand = ["payment_intent.latest_charge"];
    const paid = await stripe.checkout.sessions.retrieve(session.id, { expand });
    expect(paid).toMatchObject({
      status: "complete",
      payment_status: "paid",
      url: null,
      payment_intent: {
        status: "succeeded",
        metadata: { order_no: "ORDER1" },
        latest_charge: { object: "charge", amount: 1234, created: expect.any(Number) },
      },
    });
    expect(await sandbox.list("stripe", "payments")).toMatchObject([
      {
        order_no: "ORDER1",
        account,
        status: "paid",
        amount: "12.34",
        amount_minor: 1234,
        currency: "USD",
        created: 1,
      },
    ]);
    expect((await stripe.accounts.retrieveCurrent()).id).toBe(account);
  });

  // docs.stripe.com/api/checkout/sessions/create: expires_at, 30 minutes to 24 hours.
  it.each([
    ["29 minutes", 29 * minutes, "at least 30 minutes"],
    ["25 hours", 25 * 60 * minutes, "less than 24 hours"],
  ])("the Stripe simulator refuses a session that expires in %s", async (_, wait, message) => {
    const sandbox = await aSandbox();
    const { stripe, input } = await aStripeMerchant(sandbox);
    const creating = stripe.checkout.sessions.create(input({ expires_at: seconds(sandbox.clock) + wait }));
    await expect(creating).rejects.toMatchObject({ statusCode: 400, param: "expires_at" });
    await expect(creating).rejects.toThrow(message);
  });

  // docs.stripe.com/currencies: minimum amounts, eight digits, zero- and three-decimal and whole-unit currencies.
  it.each([
    ["49 cents", "usd", 49, { code: "amount_too_small" }],
    ["49 yen", "jpy", 49, { code: "amount_too_small" }],
    ["nine digits", "usd", 100_000_000, { code: "amount_too_large" }],
    ["a fraction of a króna", "isk", 1050, { statusCode: 400 }],
    ["a fourth digit of a dinar", "kwd", 1234, { statusCode: 400 }],
    ["an unknown currency", "xxx", 1234, { statusCode: 400 }],
  ])("the Stripe simulator refuses %s", async (_, currency, amount, error) => {
    const { stripe, input } = await aStripeMerchant(await aSandbox());
    const creating = stripe.checkout.sessions.create(input({ line_items: [priced(currency, amount)] }));
    await expect(creating).rejects.toMatchObject({ type: "StripeInvalidRequestError", ...error });
  });

  it("the Stripe simulator counts yen in whole yen", async () => {
    const sandbox = await aSandbox();
    const { stripe, input } = await aStripeMerchant(sandbox);
    await stripe.checkout.sessions.create(input({ line_items: [priced("jpy", 500)] }));
    expect(await sandbox.list("stripe", "payments")).toMatchObject([{ amount: "500", amount_minor: 500 }]);
  });

  // docs.stripe.com/error-codes: parameter_unknown, parameter_missing, parameter_invalid_integer.
  it.each([
    ["an unknown parameter", "mode=payment&colour=red", "parameter_unknown", "colour"],
    ["an unknown nested one", "line_items[0][price]=1", "parameter_unknown", "line_items[0][price]"],
    ["no success_url", "mode=payment", "parameter_missing", "success_url"],
    ["a number with a point", "expires_at=1.5", "parameter_invalid_integer", "expires_at"],
  ])("the Stripe simulator refuses %s and names the parameter", async (_, body, code, param) => {
    const sandbox = await aSandbox();
    const { secretKey } = await aStripeMerchant(sandbox);
    const headers = { authorization: `Bearer ${secretKey}` };
    const answer = await post(`${sandbox.simulators.stripe}/v1/checkout/sessions`, body, headers);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: { type: "invalid_request_error", code, param } });
  });

  it("the Stripe simulator refuses an unknown key, and one account cannot read another's session", async () => {
    const sandbox = await aSandbox();
    const [one, other] = [await aStripeMerchant(sandbox), await aStripeMerchant(sandbox)];
    const session = await one.stripe.checkout.sessions.create(one.input());
    await expect(other.stripe.checkout.sessions.retrieve(session.id)).rejects.toMatchObject({
      statusCode: 404,
      code: "resource_missing",
    });
    const nobody = new Stripe("sk_test_nobody", { ...urlOf(sandbox.simulators.stripe), protocol: "http" });
    await expect(nobody.accounts.retrieveCurrent()).rejects.toMatchObject({
      type: "StripeAuthenticationError",
    });
  });

  // docs.stripe.com/api/checkout/sessions/expire: open sessions only.
  it("the Stripe simulator expires an open session, but only once", async () => {
    const { stripe, input } = await aStripeMerchant(await aSandbox());
    const { id } = await stripe.checkout.sessions.create(input());
    expect(await stripe.checkout.sessions.expire(id)).toMatchObject({ status: "expired", url: null });
    await expect(stripe.checkout.sessions.expire(id)).rejects.toMatchObject({ statusCode: 400 });
  });

  it("a Stripe simulator session expires by itself at expires_at", async () => {
    const sandbox = await aSandbox();
    const { stripe, input } = await aStripeMerchant(sandbox);
    const { id } = await stripe.checkout.sessions.create(input());
    sandbox.clock.advance(3600 * 1000);
    expect(await stripe.checkout.sessions.retrieve(id)).toMatchObject({ status: "expired" });
    expect((await sandbox.control("stripe", "pay", { order_no: "ORDER1" })).status).toBe(409);
  });

  // docs.stripe.com/api/webhook_endpoints: the secret is shown once.
  it("the Stripe simulator registers, lists, changes and deletes webhook endpoints", async () => {
    const { stripe } = await aStripeMerchant(await aSandbox());
    const url = "http://127.0.0.1:1/hook";
    const made = await stripe.webhookEndpoints.create({
      url,
      enabled_events: ["checkout.session.completed"],
    });
    expect(made.secret).toMatch(/^whsec_/);
    await stripe.webhookEndpoints.update(made.id, { disabled: true });
    const listed = await stripe.webhookEndpoints.list({ limit: 100 });
    expect(listed.data).toMatchObject([{ id: made.id, url, status: "disabled" }]);
    expect(listed.data[0]).not.toHaveProperty("secret");
    expect(await stripe.webhookEndpoints.del(made.id)).toMatchObject({ deleted: true });
    expect((await stripe.webhookEndpoints.list()).data).toEqual([]);
    const misspelt = ["checkout.session.complete" as "checkout.session.completed"];
    await expect(stripe.webhookEndpoints.create({ url, enabled_events: misspelt })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});

// docs.stripe.com/api/idempotent_requests
describe("Stripe simulator: idempotency keys", () => {
  it("a Stripe simulator idempotency key replays the first answer and creates nothing twice", async () => {
    const sandbox = await aSandbox();
    const { stripe, input } = await aStripeMerchant(sandbox);
    const same = input();
    const first = await stripe.checkout.sessions.create(same, { idempotencyKey: "key" });
    await sandbox.control("stripe", "pay", { order_no: "ORDER1" });
    const again = await stripe.checkout.sessions.create(same, { idempotencyKey: "key" });
    expect(again).toEqual(first);
    expect(again.lastResponse.headers).toMatchObject({
      "idempotent-replayed": "true",
      "original-request": first.lastResponse.requestId,
    });
    expect(await sandbox.list("stripe", "payments")).toHaveLength(1);
  });

  it("a Stripe simulator idempotency key refuses other parameters for 24 hours", async () => {
    const sandbox = await aSandbox();
    const { stripe, input } = await aStripeMerchant(sandbox);
    await stripe.checkout.sessions.create(input(), { idempotencyKey: "key" });
    const other = input({ client_reference_id: "ORDER2" });
    await expect(stripe.checkout.sessions.create(other, { idempotencyKey: "key" })).rejects.toMatchObject({
      type: "StripeIdempotencyError",
      statusCode: 400,
    });
    sandbox.clock.advance(24 * 3600 * 1000);
    const later = input({ client_reference_id: "ORDER2" });
    await stripe.checkout.sessions.create(later, { idempotencyKey: "key" });
    expect(await sandbox.list("stripe", "payments")).toHaveLength(2);
  });

  it("a Stripe simulator idempotency key belongs to one account", async () => {
    const sandbox = await aSandbox();
    const [one, other] = [await aStripeMerchant(sandbox), await aStripeMerchant(sandbox)];
    await one.stripe.checkout.sessions.create(one.input(), { idempotencyKey: "key" });
    const input = other.input({ client_reference_id: "ORDER2" });
    const session = await other.stripe.checkout.sessions.create(input, { idempotencyKey: "key" });
    expect(session.client_reference_id).toBe("ORDER2");
  });

  it("a Stripe simulator idempotency key replays a 500, but neither a 429 nor a refused parameter", async () => {
    const sandbox = await aSandbox();
    const { stripe, input } = await aStripeMerchant(sandbox);
    const same = input();
    const create = (idempotencyKey: string) => stripe.checkout.sessions.create(same, { idempotencyKey });
    await sandbox.control("stripe", "faults", { status: 500, times: 1 });
    await expect(create("a")).rejects.toMatchObject({ statusCode: 500 });
    await expect(create("a")).rejects.toMatchObject({ statusCode: 500 });
    await sandbox.control("stripe", "faults", { status: 429, retry_after: 3, times: 1 });
    await expect(create("b")).rejects.toMatchObject({ statusCode: 429, headers: { "retry-after": "3" } });
    expect((await create("b")).status).toBe("open");
    const cheap = stripe.checkout.sessions.create(input({ line_items: [priced("usd", 1)] }), {
      idempotencyKey: "c",
    });
    await expect(cheap).rejects.toMatchObject({ code: "amount_too_small" });
    expect((await create("c")).status).toBe("open");
  });

  it("the Stripe simulator answers 409 while the first request of an idempotency key is in flight", async () => {
    const sandbox = await aSandbox();
    const { secretKey } = await aStripeMerchant(sandbox);
    await sandbox.control("stripe", "faults", { timeout_after_success: 60_000, times: 1 });
    const url = `${sandbox.simulators.stripe}/v1/checkout/sessions`;
    const headers = { authorization: `Bearer ${secretKey}`, "idempotency-key": "key" };
    const body = new URLSearchParams({
      mode: "payment",
      success_url: "http://127.0.0.1:1/",
      "line_items[0][quantity]": "1",
      "line_items[0][price_data][currency]": "usd",
      "line_items[0][price_data][unit_amount]": "1234",
      "line_items[0][price_data][product_data][name]": "Tea",
    }).toString();
    const first = fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(300) });
    await expect(first).rejects.toThrow("timeout");
    const second = await post(url, body, headers);
    expect(second.status).toBe(409);
    expect(await second.json()).toMatchObject({ error: { code: "idempotency_key_in_use" } });
  });
});

function urlOf(url: string): { host: string; port: string } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port };
}
