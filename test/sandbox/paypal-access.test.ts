import { describe, expect, it } from "vitest";
import { aPaypalMerchant } from "./paypal-merchant.ts";
import { aSandbox, post } from "./sandbox.ts";

async function aMerchant() {
  const sandbox = await aSandbox();
  const merchant = await aPaypalMerchant(sandbox);
  const ask = async (authorization: string) =>
    fetch(`${sandbox.simulators.paypal}/v1/notifications/webhooks`, { headers: { authorization } });
  return { sandbox, merchant, ask };
}

// developer.paypal.com/api/rest/authentication
describe("PayPal simulator: access tokens", () => {
  it("a PayPal simulator token is issued for the app's credentials and is valid for nine hours", async () => {
    const { sandbox, merchant, ask } = await aMerchant();
    const token = await merchant.token();
    expect((await ask(`Bearer ${token}`)).status).toBe(200);
    sandbox.clock.advance(9 * 3600 * 1000);
    const answer = await ask(`Bearer ${token}`);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: "invalid_token" });
  });

  it("the PayPal simulator refuses a wrong secret or another grant type with OAuth errors", async () => {
    const { sandbox, merchant } = await aMerchant();
    const basic = (secret: string) =>
      `Basic ${Buffer.from(`${merchant.clientId}:${secret}`).toString("base64")}`;
    const url = `${sandbox.simulators.paypal}/v1/oauth2/token`;
    const wrong = await post(url, "grant_type=client_credentials", { authorization: basic("wrong") });
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: "invalid_client" }]);
    const other = await post(url, "grant_type=password", { authorization: basic(merchant.secret) });
    expect([other.status, await other.json()]).toMatchObject([400, { error: "unsupported_grant_type" }]);
  });

  it("the PayPal simulator refuses a call without a token", async () => {
    const { ask } = await aMerchant();
    const answer = await ask("");
    expect([answer.status, await answer.json()]).toMatchObject([401, { name: "AUTHENTICATION_FAILURE" }]);
  });

  it("userinfo at the PayPal simulator returns the account of the token", async () => {
    const { merchant } = await aMerchant();
    const answer = await merchant.call("GET", "/v1/identity/oauth2/userinfo?schema=paypalv1.1");
    expect(answer.body).toMatchObject({ payer_id: merchant.account });
    expect(merchant.account).toMatch(/^[0-9A-Z]{13}$/);
  });

  it("the fault expire_tokens revokes PayPal simulator tokens, and a new one works", async () => {
    const { sandbox, merchant, ask } = await aMerchant();
    const token = await merchant.token();
    await sandbox.control("paypal", "faults", { expire_tokens: true, times: 1 });
    const answer = await ask(`Bearer ${token}`);
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: "invalid_token" }]);
    expect((await ask(`Bearer ${await merchant.token()}`)).status).toBe(200);
  });
});

describe("PayPal simulator: faults", () => {
  it("PayPal simulator faults apply to fetching a token only when path selects it", async () => {
    const { sandbox, merchant } = await aMerchant();
    await sandbox.control("paypal", "faults", { status: 503, times: 1 });
    const { orders } = merchant;
    await expect(orders.createOrder(merchant.input())).rejects.toMatchObject({ statusCode: 503 });
    await orders.createOrder(merchant.input());
    await sandbox.control("paypal", "faults", { status: 503, path: "/v1/oauth2/token" });
    expect(await merchant.token()).toBe("undefined");
    await orders.createOrder(merchant.input());
    expect(await sandbox.list("paypal", "payments")).toHaveLength(2);
  });

  it("the PayPal simulator's 429 has PayPal's error format, Retry-After and a debug id", async () => {
    const { sandbox, merchant } = await aMerchant();
    await sandbox.control("paypal", "faults", { retry_after: 3, times: 1 });
    const answer = await merchant.call("GET", "/v1/notifications/webhooks");
    expect(answer).toMatchObject({ status: 429, body: { name: "RATE_LIMIT_REACHED" } });
    expect(answer.headers.get("retry-after")).toBe("3");
    expect(answer.headers.get("paypal-debug-id")).toBe(answer.body.debug_id);
  });

  it("after timeout_after_success at the PayPal simulator, the same request id finds the order", async () => {
    const { sandbox, merchant } = await aMerchant();
    await sandbox.control("paypal", "faults", { timeout_after_success: true, times: 1 });
    const lost = merchant.orders.createOrder(merchant.input({}, "key"));
    await expect(lost).rejects.toMatchObject({ code: "ECONNRESET" });
    const { result, statusCode } = await merchant.orders.createOrder(merchant.input({}, "key"));
    expect(statusCode).toBe(200);
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ payment_id: result.id, created: 1 }]);
  });

  // Without application/json PayPal answers 415, even to an empty POST.
  it("the PayPal simulator refuses a POST without the JSON content type or with malformed JSON", async () => {
    const { merchant } = await aMerchant();
    const text = { "content-type": "text/plain" };
    expect(await merchant.call("POST", "/v2/checkout/orders", "{}", text)).toMatchObject({
      status: 415,
      body: { name: "UNSUPPORTED_MEDIA_TYPE" },
    });
    expect(await merchant.call("POST", "/v2/checkout/orders", "{")).toMatchObject({
      status: 400,
      body: { details: [{ issue: "MALFORMED_REQUEST_JSON" }] },
    });
  });
});
