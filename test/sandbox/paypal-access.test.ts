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
describe("the simulated PayPal's access tokens", () => {
  it("are given for the app's credentials, and hold for nine hours", async () => {
    const { sandbox, merchant, ask } = await aMerchant();
    const token = await merchant.token();
    expect((await ask(`Bearer ${token}`)).status).toBe(200);
    sandbox.clock.advance(9 * 3600 * 1000);
    const answer = await ask(`Bearer ${token}`);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: "invalid_token" });
  });

  it("are refused in OAuth's words: wrong secret, other grant", async () => {
    const { sandbox, merchant } = await aMerchant();
    const basic = (secret: string) =>
      `Basic ${Buffer.from(`${merchant.clientId}:${secret}`).toString("base64")}`;
    const url = `${sandbox.simulators.paypal}/v1/oauth2/token`;
    const wrong = await post(url, "grant_type=client_credentials", { authorization: basic("wrong") });
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { error: "invalid_client" }]);
    const other = await post(url, "grant_type=password", { authorization: basic(merchant.secret) });
    expect([other.status, await other.json()]).toMatchObject([400, { error: "unsupported_grant_type" }]);
  });

  it("are needed everywhere", async () => {
    const { ask } = await aMerchant();
    const answer = await ask("");
    expect([answer.status, await answer.json()]).toMatchObject([401, { name: "AUTHENTICATION_FAILURE" }]);
  });

  it("name the account they were given for", async () => {
    const { merchant } = await aMerchant();
    const answer = await merchant.call("GET", "/v1/identity/oauth2/userinfo?schema=paypalv1.1");
    expect(answer.body).toMatchObject({ payer_id: merchant.account });
    expect(merchant.account).toMatch(/^[0-9A-Z]{13}$/);
  });

  it("are revoked by expire_tokens, and a new one works", async () => {
    const { sandbox, merchant, ask } = await aMerchant();
    const token = await merchant.token();
    await sandbox.control("paypal", "faults", { expire_tokens: true, times: 1 });
    const answer = await ask(`Bearer ${token}`);
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: "invalid_token" }]);
    expect((await ask(`Bearer ${await merchant.token()}`)).status).toBe(200);
  });
});

describe("the simulated PayPal's faults", () => {
  it("leave getting a token alone unless they name its path", async () => {
    const { sandbox, merchant } = await aMerchant();
    await sandbox.control("paypal", "faults", { status: 503, times: 1 });
    const { orders } = merchant;
    await expect(orders.createOrder(merchant.wanted())).rejects.toMatchObject({ statusCode: 503 });
    await orders.createOrder(merchant.wanted());
    await sandbox.control("paypal", "faults", { status: 503, path: "/v1/oauth2/token" });
    expect(await merchant.token()).toBe("undefined");
    await orders.createOrder(merchant.wanted());
    expect(await sandbox.list("paypal", "payments")).toHaveLength(2);
  });

  it("answer in PayPal's words: 429 with Retry-After, and a debug id", async () => {
    const { sandbox, merchant } = await aMerchant();
    await sandbox.control("paypal", "faults", { retry_after: 3, times: 1 });
    const answer = await merchant.call("GET", "/v1/notifications/webhooks");
    expect(answer).toMatchObject({ status: 429, body: { name: "RATE_LIMIT_REACHED" } });
    expect(answer.headers.get("retry-after")).toBe("3");
    expect(answer.headers.get("paypal-debug-id")).toBe(answer.body.debug_id);
  });

  it("timeout_after_success: the order exists, and the same request id finds it", async () => {
    const { sandbox, merchant } = await aMerchant();
    await sandbox.control("paypal", "faults", { timeout_after_success: true, times: 1 });
    const lost = merchant.orders.createOrder(merchant.wanted({}, "key"));
    await expect(lost).rejects.toMatchObject({ code: "ECONNRESET" });
    const { result, statusCode } = await merchant.orders.createOrder(merchant.wanted({}, "key"));
    expect(statusCode).toBe(200);
    expect(await sandbox.list("paypal", "payments")).toMatchObject([{ payment_id: result.id, created: 1 }]);
  });

  // Without application/json PayPal answers 415, even to an empty POST.
  it("a POST without JSON's content type is refused, and so is JSON that is none", async () => {
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
