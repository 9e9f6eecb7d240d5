import { describe, expect, it } from "vitest";
import type { Refund } from "../../../../lib/domain/refund.ts";
import { localServer, type Reply } from "../../outbound/local-server.ts";
import { orderNo, refund, withRequest } from "../payments.ts";
import { json, openStripe, page, refusal, secretKey, storedPayment, stripeRefund } from "./account.ts";

const paidPayment = { ...storedPayment, status: "success" as const, tradeNo: "pi_1" };
const input = (changes: Partial<Refund> = {}) =>
  refund({
    providerRefundNo: "R1",
    idempotencyKey: "R1",
    amount: { minor: 230, currency: "USD" },
    ...changes,
  });

async function refunding(reply: Reply, changes: Partial<Refund> = {}) {
  const server = await localServer(() => reply);
  const adapter = openStripe({ baseUrl: server.url });
  const outcome = await adapter.refund?.(paidPayment, withRequest(adapter, paidPayment, input(changes)));
  expect(JSON.stringify(outcome)).not.toContain("canary");
  return { outcome, calls: server.calls };
}

async function fetching(changes: Partial<Refund>, ...replies: Reply[]) {
  const server = await localServer((_call, count) => replies[count - 1] ?? "reset");
  const outcome = await openStripe({ baseUrl: server.url }).fetchRefund?.(paidPayment, input(changes));
  expect(JSON.stringify(outcome)).not.toContain("canary");
  return { outcome, paths: server.calls.map(({ path }) => path) };
}

const states: [string, Record<string, unknown>, object][] = [
  ["succeeded", { status: "succeeded" }, { kind: "refunded", refundId: "re_1" }],
  ["pending", { status: "pending" }, { kind: "pending", refundId: "re_1" }],
  ["requires_action", { status: "requires_action" }, { kind: "pending", refundId: "re_1", attention: true }],
  [
    "failed",
    { status: "failed", failure_reason: "expired_or_canceled_card" },
    {
      kind: "failed",
      refundId: "re_1",
      error: {
        code: "expired_or_canceled_card",
        message: "Stripe: the refund is failed (expired_or_canceled_card)",
      },
    },
  ],
  [
    "canceled",
    { status: "canceled" },
    {
      kind: "failed",
      refundId: "re_1",
      error: { code: "canceled", message: "Stripe: the refund is canceled" },
    },
  ],
  ["a new status", { status: "paused" }, { kind: "unknown", why: "refund status paused" }],
  ["no status", { status: null }, { kind: "unknown", why: "refund status null" }],
];

describe("Stripe refunds", () => {
  it("a Stripe refund is sent with its own amount and key, and our numbers as metadata", async () => {
    const { calls } = await refunding(json(stripeRefund()), { reason: "broken cup" });
    expect(calls).toMatchObject([
      { method: "POST", path: "/v1/refunds", headers: { "idempotency-key": "R1" } },
    ]);
    expect(Object.fromEntries(new URLSearchParams(calls[0]?.body))).toEqual({
      payment_intent: "pi_1",
      amount: "230",
      "metadata[refund_no]": "R1",
      "metadata[order_no]": orderNo,
      "metadata[reason]": "broken cup",
    });
  });

  it("a repeated Stripe refund is the same request", async () => {
    const [first, second] = [await refunding("reset"), await refunding(json(stripeRefund()))];
    expect(second.calls[0]?.body).toBe(first.calls[0]?.body);
    expect(first.calls[0]?.body).not.toContain("reason");
  });

  it.each(states)(
    "a Stripe refund answered with %s has the right outcome",
    async (_title, changes, outcome) => {
      expect((await refunding(json(stripeRefund(changes)))).outcome).toEqual(outcome);
    },
  );

  it("a Stripe refund whose key was renewed is repeated with the same parameters", async () => {
    const { calls } = await refunding(json(stripeRefund()), { idempotencyKey: "R1-2" });
    expect(calls[0]?.headers["idempotency-key"]).toBe("R1-2");
    expect(new URLSearchParams(calls[0]?.body).get("metadata[refund_no]")).toBe("R1");
  });

  // What the codes mean: https://docs.stripe.com/error-codes; real answers to an insufficient balance:
  // https://github.com/Automattic/woocommerce-payments/issues/10025, https://github.com/medusajs/admin/issues/720
  const byMerchant = { fault: "merchant", ends: "nothing" };
  const byRequest = { fault: "request", ends: "subject" };
  const byBuyer = { fault: "buyer", ends: "subject" };
  const type = "invalid_request_error";
  const lowBalance = "Insufficient funds in your Stripe balance to refund this amount.";
  it.each([
    ["a full refund before", refusal(400, { code: "charge_already_refunded", message: "m" }), byRequest],
    ["more than is left", refusal(400, { type, message: "greater than m", param: "amount" }), byRequest],
    ["a disputed charge", refusal(400, { code: "charge_disputed", message: "m" }), byBuyer],
    ["a disputed payment", refusal(400, { code: "refund_disputed_payment", message: "m" }), byBuyer],
    ["a wrong key", refusal(401, { message: `Invalid API Key: ${secretKey}` }), byMerchant],
    ["an expired key", refusal(401, { code: "api_key_expired", message: "m" }), byMerchant],
    ["a key without permission", refusal(403, { message: "no permission" }), byMerchant],
    ["a rate limit", refusal(429, { code: "rate_limit", message: "slow" }), byMerchant],
    ["an empty balance", refusal(400, { code: "balance_insufficient", message: "m" }), byMerchant],
    [
      "an empty balance by another code",
      refusal(400, { code: "insufficient_funds", message: "m" }),
      byMerchant,
    ],
    [
      "an empty balance by message_code alone",
      refusal(400, { type, message: "m", message_code: "insufficient_balance_for_refund" }),
      byMerchant,
    ],
    ["an empty balance by message alone", refusal(400, { type, message: lowBalance }), byMerchant],
    ["a payment of another account", refusal(404, { code: "resource_missing", message: "m" }), byMerchant],
    [
      "an account in test mode only",
      refusal(400, { code: "testmode_charges_only", message: "m" }),
      byMerchant,
    ],
  ])("a refused Stripe refund maps to a fault and to what ends: %s", async (_title, reply, meaning) => {
    expect((await refunding(reply)).outcome).toEqual({
      kind: "refused",
      listed: true,
      ...meaning,
      error: { code: expect.any(String), message: expect.any(String) },
    });
  });

  it.each([
    ["brand_new", refusal(400, { type, code: "brand_new", message: "m" })],
    ["approval_required", refusal(400, { type, code: "approval_required", message: "m" })],
    ["card_error_402", refusal(402, { type: "card_error", message: "m" })],
    ["idempotency_error", refusal(400, { type: "idempotency_error", message: "differs" })],
  ])("a Stripe refund refused with the unlisted code %s has an unknown outcome", async (unlisted, reply) => {
    const { outcome } = await refunding(reply);
    expect(outcome).toEqual({ kind: "unknown", why: `Stripe: ${unlisted}`, unlisted });
  });

  it("a Stripe refund whose amount Stripe cannot express is refused before it is reserved", () => {
    const prepare = () =>
      openStripe().prepareRefund?.(paidPayment, input({ amount: { minor: 1234, currency: "KWD" } }));
    expect(prepare).toThrow(expect.objectContaining({ failure: "amount_not_allowed" }));
  });

  it.each([
    ["a request in flight", refusal(409, { type: "idempotency_error", message: "in use" })],
    ["a lock held by another request", refusal(429, { code: "lock_timeout", message: "locked" })],
    ["a stored 500", refusal(500, { type: "api_error", message: "oops" })],
    ["503 with a refund", json(stripeRefund(), 503)],
    ["HTML", { body: "<html>canary</html>" }],
    ["an empty object", json({})],
    ["a refund of another number", json(stripeRefund({ metadata: { refund_no: "R2" } }))],
    ["a refund of another payment", json(stripeRefund({ payment_intent: "pi_2" }))],
    ["a refund of another amount", json(stripeRefund({ amount: 231 }))],
    ["a refund in another currency", json(stripeRefund({ currency: "eur" }))],
    ["a broken connection", "reset"],
  ] satisfies [string, Reply][])("a Stripe refund has an unknown outcome after %s", async (_title, reply) => {
    expect((await refunding(reply)).outcome).toEqual({ kind: "unknown", why: expect.any(String) });
  });
});

describe("Stripe fetchRefund", () => {
  const existing = { refundId: "re_1" };

  it.each(states)("Stripe's fetchRefund by id returns the outcome: %s", async (_title, changes, outcome) => {
    const fetched = await fetching(existing, json(stripeRefund(changes)));
    expect(fetched).toEqual({ outcome, paths: ["/v1/refunds/re_1"] });
  });

  it("Stripe's fetchRefund without an id finds the refund by our number, on any page", async () => {
    const others = [stripeRefund({ id: "re_9", metadata: {} }), stripeRefund({ id: "re_8", metadata: null })];
    const { outcome, paths } = await fetching(
      {},
      json(page(others, true)),
      json(page([stripeRefund({ status: "pending" })])),
    );
    expect(outcome).toEqual({ kind: "pending", refundId: "re_1" });
    expect(paths).toEqual([
      "/v1/refunds?payment_intent=pi_1&limit=100",
      "/v1/refunds?payment_intent=pi_1&limit=100&starting_after=re_8",
    ]);
  });

  it("Stripe's fetchRefund returns missing only after the whole list was read", async () => {
    const other = stripeRefund({ id: "re_9", metadata: { refund_no: "R2" } });
    expect((await fetching({}, json(page([])))).outcome).toMatchObject({ kind: "missing" });
    expect((await fetching({}, json(page([other])))).outcome).toMatchObject({ kind: "missing" });
    expect((await fetching({}, json(page([other], true)), "reset")).outcome).toMatchObject({
      kind: "unknown",
    });
    const endless = Array.from({ length: 11 }, () => json(page([other], true)));
    const { outcome, paths } = await fetching({}, ...endless);
    expect(outcome).toEqual({ kind: "unknown", why: "more than 1000 refunds" });
    expect(paths).toHaveLength(10);
  });

  const missing = refusal(404, { code: "resource_missing", message: "no" });
  it.each([
    ["a refund that Stripe does not know under this key", existing, missing],
    ["a payment that Stripe does not know under this key", {}, missing],
    ["a revoked key", {}, refusal(401, { message: `Invalid API Key: ${secretKey}` })],
    ["a rate limit", existing, refusal(429, { message: "slow" })],
    ["500", {}, refusal(500, { message: "oops" })],
    ["another refund under the id", existing, json(stripeRefund({ metadata: { refund_no: "R2" } }))],
    ["another amount under our number", {}, json(page([stripeRefund({ amount: 1 })]))],
    ["a list of another form", {}, json({ data: {} })],
    ["HTML", existing, { body: "<html>canary</html>" }],
    ["a broken connection", {}, "reset"],
  ] satisfies [string, Partial<Refund>, Reply][])(
    "Stripe's fetchRefund is unknown after %s",
    async (_title, changes, reply) => {
      expect((await fetching(changes, reply)).outcome).toEqual({ kind: "unknown", why: expect.any(String) });
    },
  );
});
